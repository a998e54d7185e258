"""Multi-gate mixture of experts."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from workbench.component import Field, Slider, register
from workbench.fusions.base import Fusion, NewEncoder, Sharing
from workbench.fusions.experts import BottomStages, GatedExperts


@register("fusion", "mmoe", source="Ma et al., KDD 2018", tags=("core",))
class MMoE(Fusion):
    """Experts that serve all tasks; every task weighs them with a gate of its own, from example to example.

    ``f_k(x) = Σ_e softmax(W_k x + b_k)_e E_e(x)``. An expert is the rest of the encoder behind its first ``bottom``
    stages, which all tasks have in common (one fully connected layer where no stage is left); x is what they give,
    pooled over positions for the gate. With ``bottom = 0``, as in the paper, an expert is a whole encoder and the gate
    reads the view itself; texts need 1 at least, since numbers of words are no input for a gate.

    The paper's synthetic study has 8 experts of one layer with 16 units. Recorded: ``gate``, the mean weight of every
    expert, tasks × experts.

    Shapes: per task ``[batch, *positions, features]``, the features of all views together.
    """

    needs: ClassVar[str] = "stages"
    looks_around: ClassVar[bool] = True

    experts: Annotated[int, Field(ge=1, le=64, description="number of experts"), Slider(2, 16)] = 4
    bottom: BottomStages = 1

    def build(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> Sharing:
        return GatedExperts(new_encoder, views, tasks, self.experts, self.bottom)
