"""Task losses, and for some task gradients, -> one update.

Five kinds, by what they need; the training loop asks for no more than that:

===================  ===================================  =========================================================
``needs``            call                                 gives
===================  ===================================  =========================================================
``"losses"``         ``weighting(losses)``                a scalar, differentiable with respect to ``losses [K]``
``"gramian"``        ``weighting(G, losses=losses)``      weights ``[..., K]`` for ``G [..., K, K]``; update ``wᵀJ``
``"cross_gramian"``  ``weighting(A, losses=losses)``      weights ``[..., K]`` for ``A = J₁J₂ᵀ`` of two samples
``"jacobian"``       ``weighting(J, losses=losses)``      the update direction ``[P]`` for ``J [K, P]``
``"validation"``     ``weighting(e, losses=losses)``      weights ``[K]``; ``e [K]`` says how each moves validation
===================  ===================================  =========================================================

``K`` is the number of tasks present at this step. ``tasks`` (keyword) says which they are, as positions among all
tasks; it matters only to weightings with a memory per task, and defaults to all. A task that is absent is simply not
passed, so it moves no state.
"""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from workbench.component import Component, Field, WorkbenchError, one_of

Heads = Annotated[
    Literal["own", "weighted"],
    Field(description="gradient of task-specific parameters: of the task's own loss, or weighted like the shared part"),
]
Preference = Annotated[
    dict[str, Annotated[float, Field(gt=0)]],
    Field(description="task name -> importance, scaled to sum 1; 1 where not named"),
]


class Weighting(Component):
    """Base of all weightings: a map with explicit state.

    State lives in attributes named in ``memory`` and is complete in ``state_dict()``; ``reset`` restores the start.
    """

    #: attributes that are state: tensors, numbers, or a ``torch.Generator``
    memory: ClassVar[tuple[str, ...]] = ()
    #: the weights may be set by hand while it trains
    steerable: ClassVar[bool] = False
    #: what the loop has to bring, see the table above
    needs: ClassVar[str]
    #: the update is the step itself: ``θ ← θ − lr·d`` for the shared parameters, without the optimiser's moments
    direct: ClassVar[bool] = False
    #: whether task-specific parameters get their own loss's gradient ("own") or the weighted one
    heads: str = "weighted"

    def setup(self) -> None:
        self.names: list[str] = []
        self.reset()

    def bind(self, names: Sequence[str], seed: int = 0, device: Any = "cpu") -> None:
        """Tell which tasks there are, before training starts.

        Args:
            names: all task names, in the order of the losses.
            seed: start of the method's own random generator, where it has one.
            device: where losses will live.

        Raises:
            WorkbenchError: settings that do not fit the tasks.
        """
        self.names = list(names)
        self.reset(seed)

    def reset(self, seed: int = 0) -> None:
        """Forget everything that was observed."""

    def parameters(self) -> list[nn.Parameter]:
        """Parameters learned jointly with the model (no weight decay is applied to them)."""
        return []

    def head_weights(self, weights: Tensor, losses: Tensor) -> Tensor:
        """Factors for the gradient of each task's own parameters, ``[K]``, given the weights of the shared ones."""
        return weights if self.heads == "weighted" else torch.ones_like(weights)

    def due(self, tasks: Sequence[int] | None = None) -> bool:
        """Whether this step needs task gradients; if not, ``held`` gives the weights and one backward pass does."""
        return True

    def held(self, tasks: Sequence[int] | None = None) -> Tensor:
        """The weights of a step at which no gradients are due, ``[K]``."""
        raise NotImplementedError(f"{type(self).__name__} needs gradients at every step.")

    def end_epoch(self, losses: Tensor) -> None:
        """Called after each epoch with the mean training loss of every task, ``[K]``, NaN where a task was absent."""

    def check_weights(self, weights: Mapping[str, float]) -> None:
        """Whether these weights may be set by hand.

        Raises:
            WorkbenchError: this weighting computes its own weights, a name is no task, or a number is not one.
        """
        if not self.steerable:
            raise WorkbenchError(
                f"Weighting {self.name!r} computes its own weights; choose weighting 'fixed' to set them by hand."
            )
        self.check_names(weights, "set(weights=…)")
        faults = [
            f"The weight of task {name!r} should be a finite number of at least 0, found {value!r}."
            for name, value in weights.items()
            if not (isinstance(value, int | float) and 0 <= value < float("inf"))
        ]
        if faults:
            raise WorkbenchError(*faults)

    def set_weights(self, weights: Mapping[str, float]) -> None:
        """Set task weights by hand (only where ``steerable``)."""
        self.check_weights(weights)

    def check_names(self, names: Iterable[str], what: str) -> None:
        """Raise for names that are no tasks, once tasks are known."""
        unknown = [name for name in names if name not in self.names] if self.names else []
        if unknown:
            raise WorkbenchError(*(f"{what} names no task {name!r}: {one_of(name, self.names)}." for name in unknown))

    def state_dict(self) -> dict[str, Any]:
        """All state, as tensors and numbers; ``load_state_dict`` continues exactly."""
        out: dict[str, Any] = {}
        for key in self.memory:
            value = getattr(self, key)
            if isinstance(value, torch.Generator):
                value = value.get_state()
            out[key] = value.detach().clone() if isinstance(value, Tensor) else value
        return out

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what ``state_dict`` gave."""
        for key in self.memory:
            mine, value = getattr(self, key), state[key]
            if isinstance(mine, torch.Generator):
                mine.set_state(value.cpu())  # a generator of the host, wherever its state was loaded to
            elif isinstance(mine, nn.Parameter):
                with torch.no_grad():
                    mine.copy_(value)
            else:
                place = mine.device if isinstance(mine, Tensor) else None
                setattr(self, key, value.to(place, copy=True) if isinstance(value, Tensor) else value)


class Scalarization(Weighting):
    """``losses[K] -> scalar``; the effective weights are its gradient with respect to the losses."""

    needs: ClassVar[str] = "losses"

    @abstractmethod
    def __call__(self, losses: Tensor, *, tasks: Sequence[int] | None = None) -> Tensor:
        """The scalar to minimise.

        Args:
            losses: task losses, ``[K]``, in nats or squared standard deviations, as the tasks define them.
            tasks: positions of these tasks among all; None: all.
        """


class GramianWeighting(Weighting):
    """``G[..., K, K] (and losses) -> weights[..., K]``, pure and batched; the update is ``wᵀJ``, ``G = JJᵀ``."""

    needs: ClassVar[str] = "gramian"

    @abstractmethod
    def __call__(self, G: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        """The task weights.

        Args:
            G: gramian of the task gradients, ``[..., K, K]``.
            losses: task losses, ``[..., K]``; only some methods use them.
            tasks: positions of these tasks among all; None: all.
        """


class JacobianAggregator(Weighting):
    """``J[K, P] -> direction[P]``, for methods that look at single coordinates."""

    needs: ClassVar[str] = "jacobian"
    #: every coordinate is treated by itself, so that J may come in parts of its columns, one call each
    coordinatewise: ClassVar[bool] = False

    @abstractmethod
    def __call__(self, J: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        """The update direction.

        Args:
            J: task gradients of the shared parameters as rows, ``[K, P]``.
            losses: task losses, ``[K]``.
            tasks: positions of these tasks among all; None: all.
        """


class CrossGramianWeighting(Weighting):
    """``A = J₁J₂ᵀ`` of two independent samples -> weights; unlike in ``G``, noise does not add up on its diagonal.

    ``E[J₁J₂ᵀ] = E[J] E[J]ᵀ``. The loop takes the two halves of a batch as the samples, so such a step costs about what
    one of a gramian weighting does; the update is ``wᵀJ``, J of the whole batch.
    """

    needs: ClassVar[str] = "cross_gramian"

    @abstractmethod
    def __call__(self, A: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        """The task weights.

        Args:
            A: cross-gramian of two samples, ``[..., K, K]``, not symmetric.
            losses: task losses, ``[..., K]``.
            tasks: positions of these tasks among all; None: all.
        """

    @classmethod
    def objections(cls, spec: Any) -> list[str]:
        return [*_only_exact(cls, spec), *_at_least_two(cls, spec)]


class BilevelWeighting(Weighting):
    """Weights that descend the validation loss after one step taken with them."""

    needs: ClassVar[str] = "validation"

    @abstractmethod
    def current(self, count: int, tasks: Sequence[int] | None = None) -> Tensor:
        """The weights with which to look a step ahead, ``[K]``."""

    @abstractmethod
    def judged(self, names: Sequence[str]) -> list[str]:
        """Those of these tasks whose validation loss counts."""

    @abstractmethod
    def __call__(self, effects: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        """The task weights.

        Args:
            effects: ``∂/∂w_i L_val(θ − lr Σ_j w_j g_j)`` at the current weights, ``[K]``.
            losses: task losses on the training batch, ``[K]``.
            tasks: positions of these tasks among all; None: all.
        """

    @classmethod
    def objections(cls, spec: Any) -> list[str]:
        return _only_exact(cls, spec)


def _only_exact(cls: type[Weighting], spec: Any) -> list[str]:
    gradients, _ = spec.chosen("gradients")
    return [] if gradients == "exact" else [f"Weighting {cls.name!r} needs gradients 'exact', found {gradients!r}."]


def _at_least_two(cls: type[Weighting], spec: Any) -> list[str]:
    if spec.batch_size >= 2:
        return []
    return [f"Weighting {cls.name!r} halves every batch and needs batch_size of at least 2, found {spec.batch_size}."]
