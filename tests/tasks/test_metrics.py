"""Metrics against scikit-learn and by hand, where torchmetrics would guess, saturate or warn, too; none warns."""

import itertools
import math

import numpy as np
import pytest
import sklearn.metrics as sk
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from workbench.tasks import metrics

pytestmark = pytest.mark.filterwarnings("error")

#: scores below, between and above 0 and 1, alike to a sigmoid in float32, and many ties
SCORES = st.sampled_from([-1e30, -200.0, -1.0, 0.0, 1e-8, 0.25, 0.5, 1.0, 40.0, 41.0, 1e30])
NUMBERS = st.floats(-1e3, 1e3, width=32)


def columns(pairs, *kinds) -> list[Tensor]:
    return [torch.tensor(column, dtype=kind) for column, kind in zip(zip(*pairs, strict=True), kinds, strict=True)]


def classes(most: int):
    pair = st.tuples(st.integers(0, most), st.integers(0, most))
    return st.lists(pair, min_size=1, max_size=20).map(lambda pairs: columns(pairs, torch.int64, torch.int64))


def numbers(smallest: float):
    pair = st.tuples(NUMBERS, st.floats(smallest, 1e3, width=32))
    return st.lists(pair, min_size=1, max_size=20).map(lambda pairs: columns(pairs, torch.float64, torch.float64))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(SCORES, st.integers(0, 1)), min_size=1, max_size=20), st.sampled_from(["float32", "float64"]))
def test_rankings_agree_with_scikit_learn(pairs, kind):
    scores, truth = columns(pairs, getattr(torch, kind), torch.int64)
    area, precision = metrics.auc(scores, truth), metrics.average_precision(scores, truth)
    order = np.unique(scores, return_inverse=True)[1]  # scikit-learn takes scores that nearly agree for ties
    if len(set(truth.tolist())) == 1:
        assert math.isnan(area)
    else:
        assert area == pytest.approx(sk.roc_auc_score(truth, order), abs=1e-6)
    if truth.any():
        assert precision == pytest.approx(sk.average_precision_score(truth, order), abs=1e-6)
    else:
        assert math.isnan(precision)


def test_many_scores_keep_their_precision():
    generator = torch.Generator().manual_seed(0)
    scores, truth = torch.randn(50_000, generator=generator), torch.randint(2, (50_000,), generator=generator)
    assert metrics.auc(scores, truth) == pytest.approx(sk.roc_auc_score(truth, scores), abs=1e-6)
    assert metrics.average_precision(scores, truth) == pytest.approx(
        sk.average_precision_score(truth, scores), abs=1e-6
    )


@settings(max_examples=60, deadline=None)
@given(classes(4))
def test_classes_agree_with_scikit_learn(pair):
    guess, truth = pair
    assert metrics.accuracy(guess, truth, 6) == pytest.approx(sk.accuracy_score(truth, guess))
    assert metrics.f1(guess, truth, 6) == pytest.approx(sk.f1_score(truth, guess, average="macro", zero_division=0))
    assert metrics.counts(guess, truth, 6).tolist() == sk.confusion_matrix(truth, guess, labels=range(6)).tolist()
    kappa = metrics.kappa(guess, truth, 6)
    if len(set(truth.tolist() + guess.tolist())) == 1:
        assert math.isnan(kappa)
    else:
        wanted = sk.cohen_kappa_score(truth, guess, labels=range(6), weights="quadratic")
        assert kappa == pytest.approx(wanted, abs=1e-5)


@settings(max_examples=60, deadline=None)
@given(classes(1))
def test_one_label_agrees_with_scikit_learn(pair):
    guess, truth = pair
    found = metrics.label_f1(guess, truth)
    if (guess + truth).any():
        assert found == pytest.approx(sk.f1_score(truth, guess, zero_division=0))
    else:
        assert math.isnan(found)


@settings(max_examples=60, deadline=None)
@given(numbers(0.5))
def test_errors_agree_with_scikit_learn(pair):
    guess, truth = pair
    assert metrics.mae(guess, truth) == pytest.approx(sk.mean_absolute_error(truth, guess))
    assert metrics.mse(guess, truth) == pytest.approx(sk.mean_squared_error(truth, guess))
    assert metrics.relative_error(guess, truth) == pytest.approx(sk.mean_absolute_percentage_error(truth, guess))
    found = metrics.r2(guess, truth)
    if (truth == truth[0]).all():
        assert math.isnan(found)
    else:
        assert found == pytest.approx(sk.r2_score(truth, guess))


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e6])
def test_r2_knows_small_errors_and_small_units(scale):
    truth = scale * torch.tensor([1.0, 2.0], dtype=torch.float64)
    guess = truth + scale * torch.tensor([1e-3, 0.0], dtype=torch.float64)
    assert 1 - metrics.r2(guess, truth) == pytest.approx(1e-6 / 0.5, rel=1e-6)


def test_a_guess_that_is_no_class_is_never_right():
    guess, truth = torch.tensor([[0, -1], [1, 1], [-1, -1]]), torch.tensor([[0, -1], [1, 0], [0, -1]])
    assert metrics.accuracy(guess[:, 0], truth[:, 0], 2) == pytest.approx(2 / 3)
    assert metrics.exact(guess, truth, 2) == pytest.approx(1 / 3)


def test_psnr_is_infinite_where_nothing_is_wrong():
    x = torch.tensor([0.0, 3.0], dtype=torch.float64)
    assert metrics.psnr(x, x, 3.0) == math.inf
    assert metrics.psnr(x + 0.3, x, 3.0) == pytest.approx(20)


def test_angles_by_hand():
    guess = torch.tensor([[0.0, 0, 9], [1, 0, 0], [0, 1, 1], [0, 0, -1], [0, 0, 0]], dtype=torch.float64)
    truth = torch.tensor([[0.0, 0, 1]], dtype=torch.float64).expand(5, 3)
    assert metrics.angles(guess, truth).tolist() == pytest.approx([0, 90, 45, 180, 90])
    assert metrics.angles(guess[:0], truth[:0]).tolist() == []
    assert math.isnan(metrics.angles(guess[:1] * math.nan, truth[:1]).item())


def test_perplexity_by_hand_and_of_a_word_told_very_wrong():
    assert metrics.perplexity(torch.zeros(3, 7), torch.tensor([0, 3, 6])) == pytest.approx(7)
    scores, truth = torch.tensor([[300.0, 0], [0, 0]]), torch.tensor([1, 1])
    wanted = torch.nn.functional.cross_entropy(scores.double(), truth).exp().item()
    assert metrics.perplexity(scores, truth) == pytest.approx(wanted)
    assert metrics.perplexity(scores[:1].bfloat16(), truth[:1]) == pytest.approx(math.exp(300))


def test_rouge_l_by_hand():
    """The example of Lin 2004: police killed the gunman; police kill the gunman; the gunman kill police."""
    truth = "police killed the gunman"
    assert metrics.rouge_l(["police kill the gunman"], [truth]) == pytest.approx(0.75)
    assert metrics.rouge_l(["the gunman kill police"], [truth]) == pytest.approx(0.5)
    assert metrics.rouge_l([truth, "", ""], [truth, "", truth]) == pytest.approx(1 / 3)


def longest(one: list[int], other: list[int]) -> int:
    """Length of the longest common subsequence, by trying all."""
    return max(
        len(part)
        for n in range(len(one) + 1)
        for part in itertools.combinations(one, n)
        if any(part == tuple(some) for some in itertools.combinations(other, n))
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(*[st.lists(st.integers(0, 3), max_size=5)] * 2), min_size=1, max_size=4))
def test_rouge_l_is_the_share_of_the_longest_common_subsequence(pairs):
    texts = [[" ".join(map(str, words)) for words in side] for side in zip(*pairs, strict=True)]
    wanted = [2 * longest(*pair) / max(1, len(pair[0]) + len(pair[1])) for pair in pairs]
    assert metrics.rouge_l(*texts) == pytest.approx(np.mean(wanted), abs=1e-6)
