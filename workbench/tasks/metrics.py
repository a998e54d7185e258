"""Metrics of predictions, from torchmetrics, which is imported when the first one is computed: a second or two.

All take what is present alone, and at least one of it. Shares of counts have the precision of float32, in which
torchmetrics divides counts. Where it would warn that something is undefined, it is not asked, and the answer is NaN.
"""

import torch
from torch import Tensor

NAN = float("nan")


def accuracy(guess: Tensor, truth: Tensor, classes: int) -> float:
    """Share of right numbers, both ``int64[n]``; a guess that is no class is never right."""
    from torchmetrics.functional.classification import multiclass_accuracy

    return float(multiclass_accuracy(guess, truth, classes, average="micro", validate_args=False))


def f1(guess: Tensor, truth: Tensor, classes: int) -> float:
    """Mean over classes of ``2 TP / (2 TP + FP + FN)``, without those that are nowhere, present or predicted."""
    from torchmetrics.functional.classification import multiclass_f1_score

    return float(multiclass_f1_score(guess, truth, classes, average="macro", validate_args=False))


def label_f1(guess: Tensor, truth: Tensor) -> float:
    """``2 TP / (2 TP + FP + FN)`` of one label, both 0 or 1, ``int64[n]``; NaN where it is nowhere."""
    from torchmetrics.functional.classification import binary_f1_score

    if not bool((guess | truth).any()):
        return NAN
    return float(binary_f1_score(guess, truth, validate_args=False))


def auc(scores: Tensor, truth: Tensor) -> float:
    """Share of pairs of a 1 and a 0 in which the 1 scores higher, ties half: the area under the ROC curve.

    Args:
        scores: any numbers, ``[n]``.
        truth: 0 or 1, ``int64[n]``.

    Returns:
        NaN where there are only ones or only zeros.
    """
    from torchmetrics.functional.classification import binary_auroc

    if bool((truth == truth[0]).all()):
        return NAN
    return float(binary_auroc(places(scores), truth, validate_args=False))


def average_precision(scores: Tensor, truth: Tensor) -> float:
    """``Σ_n (R_n - R_n-1) P_n`` over falling thresholds; arguments as of ``auc``. NaN where there is no 1."""
    from torchmetrics.functional.classification import binary_average_precision

    if not bool(truth.any()):
        return NAN
    return float(binary_average_precision(places(scores), truth, validate_args=False))


def places(scores: Tensor) -> Tensor:
    """Scores -> their order, from 0 to 1, ``float64[n]``; equal ones stay equal, and only those.

    torchmetrics takes numbers outside of 0 … 1 for logits and puts them through a sigmoid, after which all large ones
    are equal.
    """
    _, place = scores.unique(return_inverse=True)
    return place.double() / place.max().clamp(min=1)


def kappa(guess: Tensor, truth: Tensor, levels: int) -> float:
    """Cohen's kappa with quadratic weights, both ``int64[n]``; NaN where all are one level."""
    from torchmetrics.functional.classification import multiclass_cohen_kappa

    return float(multiclass_cohen_kappa(guess, truth, levels, weights="quadratic", validate_args=False))


def counts(guess: Tensor, truth: Tensor, classes: int) -> Tensor:
    """How often each class of truth (row) was told as each class (column), ``int64[classes, classes]``."""
    from torchmetrics.functional.classification import multiclass_confusion_matrix

    return multiclass_confusion_matrix(guess, truth, classes, validate_args=False)


def exact(guess: Tensor, truth: Tensor, classes: int) -> float:
    """Share of rows that are right as a whole, both ``int64[rows, length]``."""
    from torchmetrics.functional.classification import multiclass_exact_match

    return float(multiclass_exact_match(guess, truth, classes, validate_args=False))


def r2(guess: Tensor, truth: Tensor) -> float:
    """``1 - squared error / variance``, both ``float64[n]``; NaN where the truth is constant.

    One minus the relative squared error: torchmetrics' ``r2_score`` takes small variances and errors for none.
    """
    from torchmetrics.functional.regression import relative_squared_error

    if bool((truth == truth[0]).all()):
        return NAN
    mean, std = truth.mean(), truth.std(correction=0)
    return 1 - float(relative_squared_error((guess - mean) / std, (truth - mean) / std))


def mae(guess: Tensor, truth: Tensor) -> float:
    """Mean of ``|ŷ - y|``, both ``float64[n]``."""
    from torchmetrics.functional.regression import mean_absolute_error

    return float(mean_absolute_error(guess, truth))


def relative_error(guess: Tensor, truth: Tensor) -> float:
    """Mean of ``|ŷ - y| / y``, both ``float64[n]``, y above 1e-6."""
    from torchmetrics.functional.regression import mean_absolute_percentage_error

    return float(mean_absolute_percentage_error(guess, truth))


def mse(guess: Tensor, truth: Tensor) -> float:
    """Mean of ``(ŷ - y)²``, both ``float64[n]``."""
    from torchmetrics.functional.regression import mean_squared_error

    return float(mean_squared_error(guess, truth))


def psnr(guess: Tensor, truth: Tensor, peak: float) -> float:
    """``10 log10(peak² / mse)`` in decibel, both ``float64[n]``; infinite where nothing is wrong."""
    from torchmetrics.functional.image import peak_signal_noise_ratio

    return float(peak_signal_noise_ratio(guess, truth, data_range=peak))


def angles(guess: Tensor, truth: Tensor) -> Tensor:
    """Angles between vectors in degrees, all ``float64[n, 3]`` -> ``float64[n]``; 90 for a guess of length 0."""
    from torchmetrics.functional.image import spectral_angle_mapper

    found = spectral_angle_mapper(guess.T[None, :, :, None], truth.T[None, :, :, None], reduction="none").flatten()
    return torch.where((guess == 0).all(1), 90.0, torch.rad2deg(found))


def perplexity(scores: Tensor, truth: Tensor) -> float:
    """``exp`` of the mean cross entropy of logits ``[n, words]`` and numbers ``int64[n]``.

    In float64: torchmetrics takes the logarithm of a softmax, in float32 infinite for words told very wrong.
    """
    from torchmetrics.functional.text import perplexity

    return float(perplexity(scores.double().unsqueeze(0), truth.unsqueeze(0)))


def rouge_l(guess: list[str], truth: list[str]) -> float:
    """Mean ROUGE-L of texts, ``2 P R / (P + R)``, P and R the longest common subsequence's share of either text.

    Words are what blanks divide, as they are: nothing is stemmed.

    Source: Lin, ACL workshop 2004, with β = 1 as in the usual codes.
    """
    from torchmetrics.functional.text import rouge_score

    found = rouge_score(guess, truth, rouge_keys="rougeL", normalizer=str, tokenizer=str.split)
    return float(found["rougeL_fmeasure"])
