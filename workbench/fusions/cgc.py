"""Customised gate control."""

from collections.abc import Sequence
from typing import ClassVar

from workbench.component import register
from workbench.fusions.base import Fusion, NewEncoder, Sharing
from workbench.fusions.experts import BottomStages
from workbench.fusions.ple import LayeredExtraction, OwnExperts, SharedExperts


@register("fusion", "cgc", source="Tang et al., RecSys 2020")
class CGC(Fusion):
    """Customised gate control: every task weighs the shared experts and experts of its own.

    ``f_k(x) = softmax(W_k x + b_k)ᵀ [E_s(x); E_k(x)]``: one level of PLE. What an expert is, and what the gates read,
    is as in ``mmoe``. Recorded: ``gate``, the mean weight of every expert, tasks × experts.

    Shapes: per task ``[batch, *positions, features]``, the features of all views together.
    """

    needs: ClassVar[str] = "stages"
    looks_around: ClassVar[bool] = True

    shared: SharedExperts = 2
    own: OwnExperts = 1
    bottom: BottomStages = 1

    def build(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> Sharing:
        return LayeredExtraction(new_encoder, views, tasks, self.shared, self.own, 1, self.bottom)
