"""Label statistics against scipy and scikit-learn, and what they say of labels that are not there."""

import numpy as np
import pytest
import torch
from scipy.stats.contingency import association
from sklearn.metrics import normalized_mutual_info_score

import workbench as wb
from workbench.affinities.base import Labels
from workbench.affinities.labels import LabelStatistics

N = 2000


def everywhere(name, values):
    return Labels(name, values, torch.ones(len(values), dtype=torch.bool))


def numbers(seed=0, columns=1, n=N):
    return torch.randn(n, columns, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def classes(kinds, seed=0, n=N):
    return torch.randint(kinds, (n,), generator=torch.Generator().manual_seed(seed))


def pair(a, b, **settings):
    found = LabelStatistics(**settings).estimate([everywhere("a", a), everywhere("b", b)])
    assert torch.equal(found.matrix, found.matrix.T)
    assert found.matrix.diagonal().tolist() == [1, 1]
    return found.matrix[0, 1].item(), found.se[0, 1].item()


def test_two_numbers_have_the_absolute_correlation():
    x, noise = numbers(0), numbers(1)
    y = -0.5 * x + noise
    value, se = pair(x, y)
    assert value == pytest.approx(abs(np.corrcoef(x[:, 0], y[:, 0])[0, 1]))
    assert se == pytest.approx((1 - value**2) / N**0.5, rel=0.3)


def test_two_classifications_have_cramers_v_less_its_bias():
    a = classes(4)
    b = torch.where(torch.rand(N, generator=torch.Generator().manual_seed(3)) < 0.4, a % 3, classes(3, seed=1))
    table = np.zeros((4, 3), int)
    np.add.at(table, (a.numpy(), b.numpy()), 1)
    plain = association(table, method="cramer")
    value, se = pair(a, b)
    phi = max(0, plain**2 * 2 - 3 * 2 / (N - 1))
    assert value == pytest.approx((phi / (3 - 2**2 / (N - 1) - 1)) ** 0.5)
    assert 0 < se < 0.05


@pytest.mark.parametrize("statistic", ["association", "mutual_information"])
def test_labels_that_have_nothing_to_do_with_each_other_are_near_zero_however_many_classes(statistic):
    few = 300
    pairs = {
        "classes": (classes(20, n=few), classes(20, seed=1, n=few)),
        "mixed": (classes(30, n=few), numbers(1, n=few)),
    }
    for name, (a, b) in pairs.items():
        value, se = pair(a, b, statistic=statistic)
        assert value < 0.15, name
        assert se > 0, name


def test_a_classification_and_a_number_have_the_correlation_ratio_less_its_bias():
    a = classes(3)
    y = a.double()[:, None] + numbers(1)
    within = sum(float((y[a == k] - y[a == k].mean()).square().sum()) for k in range(3))
    squared = 1 - within / (N - 3) / (float((y - y.mean()).square().sum()) / (N - 1))
    assert pair(a, y)[0] == pytest.approx(squared**0.5)
    assert pair(y, a)[0] == pytest.approx(squared**0.5)


def test_mutual_information_is_that_of_scikit_learn_less_its_bias():
    a = classes(4)
    b = torch.where(torch.rand(N, generator=torch.Generator().manual_seed(3)) < 0.4, a % 3, classes(3, seed=1))
    plain = normalized_mutual_info_score(a, b, average_method="geometric")
    value, _ = pair(a, b, statistic="mutual_information")
    entropies = [-(p * p.log()).sum() for p in (torch.bincount(x).double() / N for x in (a, b))]
    bias = (4 - 1) * (3 - 1) / (2 * N) / float(entropies[0] * entropies[1]) ** 0.5
    assert value == pytest.approx(plain - bias)


def test_what_follows_has_one():
    a = classes(5)
    assert pair(a, (a * 2 + 1) % 5)[0] == pytest.approx(1)
    assert pair(a, (a * 2 + 1) % 5, statistic="mutual_information")[0] == pytest.approx(1, abs=0.01)
    assert pair(a, a.double()[:, None] ** 2)[0] == pytest.approx(1)
    assert pair(numbers(), -3 * numbers() + 2)[0] == pytest.approx(1)


def test_of_several_columns_the_mean_is_taken():
    x, y = numbers(0, 2), numbers(1)
    y = y + x[:, :1]
    single = [pair(x[:, k : k + 1], y)[0] for k in range(2)]
    assert pair(x, y)[0] == pytest.approx(sum(single) / 2)


def test_the_standard_error_covers():
    """Of 100 samples of a pair with correlation .5, about 95 lie within two standard errors."""
    covered = 0
    for seed in range(100):
        x, noise = numbers(2 * seed, n=200), numbers(2 * seed + 1, n=200)
        value, se = pair(x, x + 3**0.5 * noise)
        covered += abs(value - 0.5) < 2 * se
    assert 88 <= covered <= 100


def test_tags_pair_with_tags_over_the_same_words_only():
    tags = classes(4).reshape(100, 20)
    there = torch.ones(100, 20, dtype=torch.bool)
    there[:, 15:] = False
    given = [
        Labels("pos", tags, there),
        Labels("chunk", (tags + 1) % 4, there),
        everywhere("intent", classes(3, n=100)),
    ]
    found = LabelStatistics().estimate(given)
    assert found.matrix[0, 1].item() == pytest.approx(1)
    assert bool(found.matrix[2, :2].isnan().all())
    assert bool(found.se[2, :2].isnan().all())


def test_labels_without_common_rows_or_without_variation_have_none():
    first = torch.arange(N) < N // 2
    x = numbers()
    given = [
        Labels("a", x, first),
        Labels("b", -x, ~first),
        everywhere("c", x),
        everywhere("d", torch.zeros(N, 1).double()),
    ]
    found = LabelStatistics().estimate(given).matrix
    assert found[0, 2].item() == pytest.approx(1)
    assert bool(found[0, 1].isnan())
    assert bool(found[3, :3].isnan().all())
    with pytest.raises(wb.WorkbenchError, match="labels of 'a', 'b' cannot be compared"):
        LabelStatistics().estimate(given[:2])


def test_rows_beyond_those_of_the_bootstrap_make_the_error_smaller():
    x, noise = numbers(0, n=40_000), numbers(1, n=40_000)
    value, se = pair(x, x + noise)
    assert se == pytest.approx((1 - value**2) / 40_000**0.5, rel=0.4)
