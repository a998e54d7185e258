"""A spec made real: data on their device, model, weighting, optimiser."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor

from workbench.component import WorkbenchError
from workbench.encoders.base import Encoder
from workbench.fusions.model import build_model, encoder_for
from workbench.problems.base import Data
from workbench.problems.split import prepare
from workbench.sampling.base import Pool
from workbench.schedules.base import Roster
from workbench.spec import Spec
from workbench.training.device import resolve
from workbench.training.evaluate import example_losses
from workbench.training.linear import Linear, linear_models, skill
from workbench.training.ranks import ALONE, Ranks
from workbench.training.teacher import teacher_of


class Experiment:
    """Everything a run needs, built from its spec; two builds of one spec are equal.

    Args:
        spec: what to train.
        ranks: the processes that train it together; by default this one alone.

    Attributes:
        answers: the linear models that answer for tasks which the schedule leaves out, by task.
        teacher: the moving average of the model, where the loss of a task compares with it; else None.

    Raises:
        WorkbenchError: what the data reveal: a task the problem lacks, more examples per batch than there are, ….
    """

    def __init__(self, spec: Spec, ranks: Ranks = ALONE) -> None:
        self.spec = spec
        self.ranks = ranks
        self.device = ranks.device or resolve(spec.device)
        keep_memory()
        encoder = spec.build("encoder")
        data = load(spec, encoder)
        self.data = data.to(self.device)
        self.tasks = data.tasks
        self.names = data.names
        self.pool = pool_of(data, spec.batch_size)
        self.steps_per_epoch = self.pool.steps
        self.steps = spec.epochs * self.steps_per_epoch

        self.schedule = spec.build("schedule")
        self.answers = enrol(self.schedule, data, self.pool, self.steps, spec.seed)
        self.sampling = spec.build("sampling")
        self.sampling.begin(self.pool)
        self.gradients = spec.build("gradients")
        self.affinity = spec.build("affinity") if spec.affinity is not None else None
        self.weighting = spec.build("weighting")
        self.weighting.bind(self.names, spec.seed, self.device)

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(spec.seed)
            self.model = build_model(encoder, spec.build("fusion"), data.view_specs, self.tasks)
        self.model.to(self.device).train()
        self.teacher = teacher_of(self.model, self.tasks, self.device)
        self.shared = self.model.shared_parameters()
        groups: list[dict[str, Any]] = [{"params": list(self.model.parameters())}]
        if self.weighting.parameters():
            groups.append({"params": self.weighting.parameters(), "weight_decay": 0.0})
        self.trained = [p for group in groups for p in group["params"]]
        self.optimizer = spec.build("optimizer").build(groups, spec.lr)

    @property
    def parameters(self) -> tuple[int, int]:
        """Number of shared and of task-specific parameters."""
        shared = sum(p.numel() for p in self.shared)
        return shared, sum(p.numel() for p in self.model.parameters()) - shared

    @property
    def metrics(self) -> list[tuple[str, str, bool]]:
        """Task, its conventional metric, and whether higher is better."""
        return [(task.name, task.metric, task.higher_is_better) for task in self.tasks]

    def enter(self, epoch: int) -> None:
        """Say which epoch begins (from 0) to all that changes with it."""
        for task in self.tasks:
            if task.criterion is not None:
                task.criterion.enter(epoch)

    def end_epoch(self, losses: Tensor) -> None:
        """Tell the weighting and the sampling how an epoch went: mean training loss per task, NaN where absent."""
        self.weighting.end_epoch(losses)
        means = dict(zip(self.names, losses.tolist(), strict=True))
        self.sampling.end_epoch(
            self.pool, means, lambda: example_losses(self.model, self.data, self.pool.rows, self.spec.precision)
        )

    def batches(self, epoch: int) -> list[tuple[Tensor, Tensor]]:
        """The row numbers of each batch of an epoch (from 0), a function of seed, epoch and the sampling's state.

        Of several processes all take the order that the first one has.

        Returns:
            each batch on the CPU, where missing labels are looked up, and on the device (brought there once).
        """
        order = self.ranks.broadcast_(self.sampling.order(self.pool, epoch_generator(self.spec.seed, epoch)))
        size = self.spec.batch_size
        return list(zip(order.split(size), order.to(self.device).split(size), strict=True))

    def validation_rows(self, step: int) -> Tensor:
        """Row numbers of a batch of validation examples, drawn with replacement, on the device."""
        rows = self.data.splits["val"]
        generator = torch.Generator().manual_seed(mixed(self.spec.seed, 2**40 + step))
        return rows[torch.randint(len(rows), (self.spec.batch_size,), generator=generator)].to(self.device)

    def lr_factors(self, done: int) -> Iterator[float]:
        """Factor of the learning rate for every step after the first ``done``, from torch's own scheduler."""
        dial = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        scheduler = self.spec.build("lr_schedule").build(dial, self.steps)
        for step in range(self.steps):
            if step >= done:
                yield dial.param_groups[0]["lr"] if scheduler else 1.0
            if scheduler:
                dial.step()
                scheduler.step()

    def autocast(self) -> AbstractContextManager[Any]:
        """Mixed precision for a forward pass, where the spec asks for it."""
        if self.spec.precision == "bf16":
            return torch.autocast(self.device.type, torch.bfloat16)
        return nullcontext()

    def seed_step(self, number: int) -> None:
        """Make all randomness of a step (dropout, augmentation) a function of its number and the seed.

        Augmentation draws on the CPU, wherever the data are.
        """
        seed = mixed(self.spec.seed, -number)
        torch.default_generator.manual_seed(seed)
        if self.device.type == "cuda":
            torch.cuda.default_generators[self.device.index].manual_seed(seed)

    def present(self, rows: Tensor) -> list[int]:
        """Positions of the tasks with at least one label among these rows, or with a teacher."""
        missing = self.data.labelled
        taught = self.teacher.tasks if self.teacher is not None else ()
        return [
            i
            for i, name in enumerate(self.names)
            if name not in missing or name in taught or bool(missing[name][rows].any())
        ]


def enrol(schedule: Any, data: Data, pool: Pool, steps: int, seed: int) -> dict[str, Linear]:
    """Tell a schedule about the tasks; the linear models that answer for those it leaves out.

    Raises:
        WorkbenchError: settings that do not fit the tasks, or a task left out of which there is no linear model.
    """
    known: dict[int, Linear] = {}

    def models(positions: Sequence[int]) -> list[Linear]:
        if new := [i for i in positions if i not in known]:
            known.update(zip(new, linear_models(data, [data.tasks[i] for i in new]), strict=True))
        return [known[i] for i in positions]

    roster = Roster(
        names=data.names,
        labels=[int(pool.labelled[name].sum()) for name in data.names],
        steps=steps,
        steps_per_epoch=pool.steps,
        seed=seed,
        higher_is_better=[task.higher_is_better for task in data.tasks],
        skills=lambda: [skill(model, data) for model in models(range(len(data.tasks)))],
    )
    schedule.begin(roster)
    left_out = schedule.left_out()
    return {data.names[i]: model for i, model in zip(left_out, models(left_out), strict=True)}


def load(spec: Spec, encoder: Encoder) -> Data:
    """The problem of a spec, split and encoded for an encoder, on the CPU."""
    return prepare(
        spec.build("problem"),
        spec.tasks,
        spec.seed,
        spec.val_fraction,
        spec.test_fraction,
        spec.train_fraction,
        reader=lambda kind: encoder_for(kind, encoder),
        losses=spec.build_losses(),
        folds=spec.folds,
        fold=spec.fold,
        label_fractions=spec.label_fractions,
    )


def pool_of(data: Data, batch_size: int) -> Pool:
    """The training examples of data on the CPU, as a sampling sees them.

    Raises:
        WorkbenchError: a batch larger than they are.
    """
    rows = data.splits["train"]
    if batch_size > len(rows):
        raise WorkbenchError(
            f"Spec: batch_size = {batch_size} is larger than the {len(rows)} training examples; at most {len(rows)}."
        )
    everywhere = torch.ones(len(rows), dtype=torch.bool)
    return Pool(
        rows,
        batch_size,
        {name: data.labelled[name][rows] if name in data.labelled else everywhere for name in data.names},
        {name: y[rows] for name, y in data.targets.items() if y.dim() == 1 and not y.is_floating_point()},
        None if data.sources is None else data.sources[rows],
        data.source_names,
    )


def epoch_generator(seed: int, epoch: int) -> torch.Generator:
    """Where the order of an epoch (from 0) comes from."""
    return torch.Generator().manual_seed(mixed(seed, epoch))


def keep_memory() -> None:
    """Let the C library keep the memory of one step for the next.

    glibc gives memory at the top of the heap back to the system where it exceeds twice the largest block freed so far,
    of up to 32 MB. A block of that size, freed at once and never touched, raises the limit to 64 MB; without it a step
    with several backward passes may fault in its tens of megabytes each time anew.
    """
    torch.empty(32 * 2**20 - 2**14, dtype=torch.uint8)


def mixed(seed: int, number: int) -> int:
    """One seed from two numbers."""
    return (seed * 1_000_003 + number * 7_919 + 12_345) % (2**63)
