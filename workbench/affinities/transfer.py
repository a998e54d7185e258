"""Transfer gain: what training two tasks together does to each of them."""

from typing import Annotated, ClassVar, Literal

import torch

from workbench.affinities.base import Estimate, Study, Subsets
from workbench.component import Field, Slider, register


@register("affinity", "transfer", source="Standley et al., ICML 2020, arXiv 1905.07553")
class Transfer(Study):
    """Train pairs and single tasks for real: how much better is a task with a partner than alone?

    ``Z_{i→j} = (M_{j|j} − M_{j|ij}) / |M_{j|j}|`` for the validation loss M of task j at the chosen epoch; with
    ``by="metric"`` its conventional metric, signed so that larger is better. Above 0 the partner helps. Not symmetric;
    0 on the diagonal by definition. The single tasks are the baseline of the spec, the pairs share as the spec says, at
    the same learning rate and number of epochs. NaN where task j alone has a loss or metric of 0.

    This is what the other measures try to foresee, and by far the dearest: K (K − 1) / 2 pairs and K single tasks per
    seed. The standard error is that of the mean over the seeds, partner and alone trained from the same one; of few
    seeds it is itself rough, which ``Affinity.clear`` takes into account.
    """

    needs: ClassVar[str] = "subsets"
    symmetric: ClassVar[bool] = False
    seeds: Annotated[int, Field(ge=1, le=50, description="repetitions, from the spec's seed on"), Slider(1, 10)] = 3
    by: Annotated[Literal["loss", "metric"], Field(description="validation loss, or the conventional metric")] = "loss"

    def estimate(self, given: Subsets) -> Estimate:
        K, names = len(given.names), given.names
        gains = torch.zeros(len(given.results), K, K, dtype=torch.float64)
        for r, results in enumerate(given.results):
            for i, partner in enumerate(names):
                for j, task in enumerate(names):
                    if i != j:
                        alone = results[frozenset([task])][task]
                        together = results[frozenset([partner, task])][task]
                        sign = 1 if given.higher_is_better[task] else -1
                        gains[r, i, j] = sign * (together - alone) / abs(alone) if alone else torch.nan
        spread = gains.std(0) if len(gains) > 1 else torch.full((K, K), torch.nan, dtype=torch.float64)
        return Estimate(gains.mean(0), spread / len(gains) ** 0.5, max(len(gains) - 1, 1))
