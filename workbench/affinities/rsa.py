"""Representation similarity analysis of single-task networks."""

import numpy as np
import torch
from torch import Tensor

from workbench.affinities.representations import Representations
from workbench.component import register


@register("affinity", "rsa", source="Dwivedi & Roig, CVPR 2019; Kriegeskorte et al. 2008")
class RSA(Representations):
    """Do networks trained for one task each find the same inputs alike?

    For every network the dissimilarity ``1 − Pearson(x_a, x_b)`` of the features of inputs a and b; then Spearman's
    rank correlation of two networks' upper triangles. 1: the same order of pairs; about 0: unrelated. Symmetric. It
    is blind to any monotone change of the dissimilarities, but not to a rotation of the features. An input whose
    features are all equal is taken as dissimilar from all others (1); NaN where that is so for every input.
    """

    def between(self, x: Tensor) -> Tensor:
        centred = x - x.mean(1, keepdim=True)
        length = centred.norm(dim=1, keepdim=True)
        unit = torch.where(length > 1e-12, centred / length, 0.0)
        return 1 - unit @ unit.T

    def similarity(self, between: Tensor) -> Tensor:
        from scipy.stats import rankdata

        above = np.triu_indices(between.shape[-1], 1)
        ranks = torch.from_numpy(np.stack([rankdata(matrix[above]) for matrix in between.numpy()]))
        centred = ranks - ranks.mean(1, keepdim=True)
        length = centred.norm(dim=1, keepdim=True)
        unit = torch.where(length > 0, centred / length, torch.nan)
        return (unit @ unit.T).clamp(-1, 1)
