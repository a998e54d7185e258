"""The linear-chain CRF against enumeration of all sequences of tags."""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from workbench.tasks import crf
from workbench.tasks.crf import Chain, log_partition, nll, score, viterbi


def drawn(seed: int, lengths: list[int], tags: int, scale: float = 1.0) -> tuple[Tensor, Tensor, Chain]:
    """Emissions of sentences of these lengths, their mask, and a chain; all in double precision."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return scale * torch.randn(*shape, generator=generator, dtype=torch.float64)

    mask = torch.arange(max(lengths)) < torch.tensor(lengths).unsqueeze(1)
    return normal(len(lengths), max(lengths), tags), mask, Chain(normal(tags), normal(tags), normal(tags, tags))


def by_hand(emissions: Tensor, tags: tuple[int, ...], chain: Chain) -> Tensor:
    """The score of one sequence of tags, written out."""
    total = chain.start[tags[0]] + chain.end[tags[-1]]
    for place, tag in enumerate(tags):
        total = total + emissions[place, tag]
    for before, after in itertools.pairwise(tags):
        total = total + chain.steps[before, after]
    return total


def every(length: int, tags: int) -> list[tuple[int, ...]]:
    return list(itertools.product(range(tags), repeat=length))


CASES = st.tuples(st.integers(0, 10_000), st.lists(st.integers(1, 5), min_size=1, max_size=3), st.integers(2, 4))


@settings(max_examples=25, deadline=None)
@given(CASES, st.sampled_from([0.1, 1.0, 30.0]))
def test_the_partition_sums_all_sequences(case, scale):
    emissions, mask, chain = drawn(*case, scale)
    found = log_partition(emissions, mask, chain)
    for row, length in enumerate(case[1]):
        scores = torch.stack([by_hand(emissions[row], tags, chain) for tags in every(length, case[2])])
        torch.testing.assert_close(found[row], torch.logsumexp(scores, 0))


@settings(max_examples=25, deadline=None)
@given(CASES)
def test_viterbi_finds_the_best_of_all_sequences(case):
    emissions, mask, chain = drawn(*case)
    found = viterbi(emissions, mask, chain)
    for row, length in enumerate(case[1]):
        best = max(every(length, case[2]), key=lambda tags, row=row: by_hand(emissions[row], tags, chain).item())
        assert found[row].tolist() == [*best, *[-100] * (max(case[1]) - length)]


@settings(max_examples=25, deadline=None)
@given(CASES, st.data())
def test_the_loss_is_the_probability_of_what_is_known(case, data):
    """Missing labels, anywhere in a sentence, are summed over."""
    emissions, mask, chain = drawn(*case)
    rows = [
        data.draw(st.lists(st.sampled_from([-100, *range(case[2])]), min_size=length, max_size=length))
        for length in case[1]
    ]
    target = torch.full(mask.shape, -100)
    for row, labels in enumerate(rows):
        target[row, : len(labels)] = torch.tensor(labels)
    found = nll(emissions, target, mask, chain)
    for row, labels in enumerate(rows):
        total, agreeing = [], []
        for tags in every(len(labels), case[2]):
            total.append(by_hand(emissions[row], tags, chain))
            if all(label in (-100, tag) for label, tag in zip(labels, tags, strict=True)):
                agreeing.append(total[-1])
        wanted = torch.logsumexp(torch.stack(total), 0) - torch.logsumexp(torch.stack(agreeing), 0)
        torch.testing.assert_close(found[row], wanted)


def test_the_way_of_full_labels_is_the_way_of_missing_ones():
    emissions, mask, chain = drawn(3, [4, 2, 1], 3)
    target = torch.tensor([[0, 1, 2, 1], [2, 2, -100, -100], [1, -100, -100, -100]])
    short = nll(emissions, target, mask, chain)
    torch.testing.assert_close(short, log_partition(emissions, mask, chain) - score(emissions, target, mask, chain))
    more = torch.cat([target, torch.full((1, 4), -100)])  # one unlabelled sentence sends all of them the other way
    other = nll(emissions[[0, 1, 2, 0]], more, mask[[0, 1, 2, 0]], chain)
    torch.testing.assert_close(other[:3], short)
    assert other[3].abs() < 1e-12


@pytest.mark.parametrize("labels", [[[0, 2, 1], [1, 1, -100]], [[0, -100, 1], [-100, -100, -100]]])
def test_gradients_are_right(labels):
    emissions, mask, chain = drawn(1, [3, 2], 3)
    parts = [part.requires_grad_() for part in (emissions, *chain)]

    def loss(emissions: Tensor, *chain: Tensor) -> Tensor:
        return nll(emissions, torch.tensor(labels), mask, Chain(*chain))

    assert torch.autograd.gradcheck(loss, parts)
    assert torch.autograd.gradgradcheck(loss, parts)


def test_the_gradient_of_log_z_is_the_probability_of_each_tag():
    emissions, mask, chain = drawn(2, [4, 2], 3)
    emissions.requires_grad_()
    (found,) = torch.autograd.grad(log_partition(emissions, mask, chain).sum(), emissions)
    torch.testing.assert_close(found.sum(-1), mask.double())
    assert (found[1, 2:] == 0).all()
    probabilities = torch.zeros(3, dtype=torch.float64)
    scores = torch.stack([by_hand(emissions[1], tags, chain) for tags in every(2, 3)]).detach().softmax(0)
    for tags, share in zip(every(2, 3), scores, strict=True):
        probabilities[tags[0]] += share
    torch.testing.assert_close(found[1, 0], probabilities)


def test_without_a_chain_it_is_a_softmax_per_word():
    emissions, mask, _ = drawn(4, [5, 3], 4)
    nothing = Chain(torch.zeros(4), torch.zeros(4), torch.zeros(4, 4))
    target = torch.randint(4, (2, 5)).masked_fill(~mask, -100)
    wanted = torch.nn.functional.cross_entropy(emissions.transpose(1, 2), target, reduction="none").sum(1)
    torch.testing.assert_close(nll(emissions, target, mask, nothing), wanted)
    assert torch.equal(viterbi(emissions, mask, nothing), emissions.argmax(-1).masked_fill(~mask, -100))


@pytest.mark.parametrize("scale", [300.0, 1e4, 1e30])
def test_huge_scores_stay_finite(scale):
    emissions, mask, chain = drawn(5, [5, 4], 3)
    emissions, chain = emissions * scale, Chain(*(part * scale for part in chain))
    emissions.requires_grad_()
    loss = nll(emissions, torch.randint(3, (2, 5)).masked_fill(~mask, -100), mask, chain)
    assert torch.isfinite(loss).all()
    assert (loss > -1e-6 * scale).all()
    assert torch.isfinite(torch.autograd.grad(loss.sum(), emissions)[0]).all()


def test_emissions_300_apart_lose_nothing():
    emissions, mask, chain = drawn(6, [5], 3)
    emissions = emissions * 100
    scores = torch.stack([by_hand(emissions[0], tags, chain) for tags in every(5, 3)])
    assert scores.max() - scores.min() > 300
    torch.testing.assert_close(log_partition(emissions, mask, chain)[0], torch.logsumexp(scores, 0))


def test_single_precision_is_summed_in_double():
    emissions, mask, chain = drawn(7, [200], 5)
    wanted = log_partition(emissions, mask, chain).item()
    found = log_partition(emissions.float(), mask, Chain(*(part.float() for part in chain))).item()
    assert math.isclose(found, wanted, rel_tol=1e-6)


def test_rows_are_tagged_in_stretches(monkeypatch):
    emissions, mask, chain = drawn(8, [4, 1, 3, 2], 3)
    whole = viterbi(emissions, mask, chain)
    monkeypatch.setattr(crf, "NUMBERS", 18)  # two rows at a time
    assert torch.equal(viterbi(emissions, mask, chain), whole)
