"""Tagging: a loss per word that either decoder shares, missing and padded words, predictions that end with the text."""

import math

import pytest
import torch

from workbench.component import WorkbenchError
from workbench.features import Features
from workbench.tasks import Tagging
from workbench.tasks.crf import Chain
from workbench.tasks.tagging import Tagged

NAN = float("nan")
TAGS = ["O", "B-x", "I-x"]


def output(decoder: str, rows: int = 2, length: int = 4, lengths=(4, 2), seed: int = 0) -> Tagged:
    torch.manual_seed(seed)
    head = Tagging("slots", TAGS, decoder).head(5)
    for parameter in head.chain:
        torch.nn.init.normal_(parameter)
    mask = torch.arange(length) < torch.tensor(lengths).unsqueeze(1)
    return head(Features(torch.randn(rows, length, 5), mask))


TARGET = torch.tensor([[0, 1, 2, 0], [1, 2, -100, -100]])


@pytest.mark.parametrize("decoder", ["softmax", "crf"])
def test_a_model_that_knows_nothing_scores_log_tags(decoder):
    task = Tagging("slots", TAGS, decoder)
    head = task.head(5)
    torch.nn.init.zeros_(head.linear.weight)
    torch.nn.init.zeros_(head.linear.bias)
    found = head(Features(torch.randn(2, 4, 5), TARGET != -100))
    assert task.loss(found, TARGET).item() == pytest.approx(math.log(3))


@pytest.mark.parametrize("decoder", ["softmax", "crf"])
def test_losses_lie_where_labels_are(decoder):
    task, found = Tagging("slots", TAGS, decoder), output(decoder)
    target = torch.tensor([[0, -100, 2, 0], [-100, -100, -100, -100]])
    losses = task.losses(found, target)
    assert torch.equal(losses != 0, target != -100)
    assert torch.isfinite(torch.autograd.grad(losses.sum(), found.emissions)[0]).all()
    weighted = task.loss(found, TARGET, torch.tensor([1.0, 0.0]))
    alone = Tagged(found.emissions[:1], found.mask[:1], found.chain)
    torch.testing.assert_close(weighted, task.loss(alone, TARGET[:1]))


def test_the_loss_of_a_crf_is_per_word():
    from workbench.tasks.crf import nll

    task, found = Tagging("slots", TAGS, "crf"), output("crf")
    sentences = nll(found.emissions, TARGET, found.mask, found.chain)
    torch.testing.assert_close(task.loss(found, TARGET), (sentences.sum() / 6).float())
    assert task.losses(found, TARGET)[0].unique().numel() == 1


@pytest.mark.parametrize("decoder", ["softmax", "crf"])
def test_padding_and_neighbours_in_the_batch_change_nothing(decoder):
    task, found = Tagging("slots", TAGS, decoder), output(decoder)
    alone = Tagged(found.emissions[1:, :2], found.mask[1:, :2], found.chain)
    torch.testing.assert_close(task.losses(alone, TARGET[1:, :2])[0], task.losses(found, TARGET)[1, :2])
    assert task.predict(alone)[0].tolist() == task.predict(found)[1, :2].tolist()


@pytest.mark.parametrize("decoder", ["softmax", "crf"])
def test_predictions_end_with_the_text(decoder):
    task, found = Tagging("slots", TAGS, decoder), output(decoder)
    tags = task.predict(found)
    assert torch.equal(tags >= 0, found.mask)
    names = task.in_words(found)
    assert [len(row) for row in names] == [4, 2]
    assert names[0] == [TAGS[tag] for tag in tags[0].tolist()]


def test_a_chain_keeps_tags_in_order():
    """Emissions prefer I-x alone; a chain that dislikes I-x after O makes the entity begin with B-x."""
    emissions = torch.tensor([[[2.0, 0, 0], [0, 1.0, 1.5], [0, 0, 2.0]]])
    steps = torch.zeros(3, 3)
    steps[0, 2] = -5
    mask = torch.ones(1, 3, dtype=torch.bool)
    chained = Tagged(emissions, mask, Chain(torch.zeros(3), torch.zeros(3), steps))
    assert Tagging("slots", TAGS, "crf").in_words(chained) == [["O", "B-x", "I-x"]]
    assert Tagging("slots", TAGS).in_words(Tagged(emissions, mask, None)) == [["O", "I-x", "I-x"]]


def test_entities_have_f1_and_other_tags_accuracy():
    entities, words = Tagging("slots", TAGS), Tagging("pos", ["NOUN", "VERB"])
    assert (entities.metric, words.metric) == ("f1", "accuracy")
    right = Tagged(torch.nn.functional.one_hot(TARGET.clamp(min=0), 3).float(), TARGET != -100, None)
    assert entities.metrics(right, TARGET) == {"accuracy": 1, "f1": 1, "precision": 1, "recall": 1}
    wrong = TARGET.clone()
    wrong[0, 2] = 0
    assert entities.metrics(right, wrong) == pytest.approx(
        {"accuracy": 5 / 6, "f1": 0.5, "precision": 0.5, "recall": 0.5}
    )
    none = entities.metrics(right, torch.full_like(TARGET, -100))
    assert set(none) == {"accuracy", "f1", "precision", "recall"}
    assert all(math.isnan(value) for value in none.values())
    assert list(words.metrics(Tagged(torch.zeros(1, 2, 2), torch.ones(1, 2, dtype=bool), None), torch.zeros(1, 2))) == [
        "accuracy"
    ]


@pytest.mark.parametrize("decoder", ["softmax", "crf"])
def test_batches_are_joined_also_where_they_differ_in_length(decoder):
    task = Tagging("slots", TAGS, decoder)
    long, short = output(decoder), output(decoder, length=3, lengths=(1, 3), seed=1)
    short = Tagged(short.emissions, short.mask, long.chain)
    both = Tagged.join([long, short])
    assert task.in_words(both) == task.in_words(long) + task.in_words(short)


def test_predictions_are_mixed_by_their_probabilities():
    one, other = output("softmax"), output("softmax", seed=1)
    weights = torch.tensor([0.25, 0.75])
    both = Tagged.mix([one, other], weights)
    wanted = 0.25 * one.emissions.softmax(-1) + 0.75 * other.emissions.softmax(-1)
    torch.testing.assert_close(both.emissions.softmax(-1), wanted)
    chained = Tagged.mix([output("crf"), output("crf")], weights)
    torch.testing.assert_close(chained.emissions, output("crf").emissions)
    torch.testing.assert_close(chained.chain.steps, output("crf").chain.steps)


def test_raw_tags_are_encoded_and_bad_ones_named():
    task = Tagging("slots", TAGS)
    assert task.encode(torch.tensor([[0.0, NAN], [2.0, -100.0]])).tolist() == [[0, -100], [2, -100]]
    with pytest.raises(WorkbenchError) as error:
        task.encode(torch.tensor([[0, 1], [2, 3]]))
    assert str(error.value) == (
        "Task 'slots': word 1 of row 1 holds the tag 3; allowed: 0 … 2, or -100 or NaN for missing (1 such words)."
    )
    with pytest.raises(WorkbenchError, match="all training labels of 2 sentences are missing"):
        task.fit(torch.full((2, 3), -100))


@pytest.mark.parametrize(
    ("tags", "sentence"), [(["O"], "needs two at least"), (["O", "B-x", "O"], "more than once: O")]
)
def test_tags_must_be_two_and_differ(tags, sentence):
    with pytest.raises(WorkbenchError, match=sentence):
        Tagging("slots", tags)


@pytest.mark.parametrize("decoder", ["softmax", "crf"])
def test_half_precision(decoder):
    task, found = Tagging("slots", TAGS, decoder), output(decoder)
    half = Tagged(found.emissions.bfloat16(), found.mask, found.chain)
    assert task.losses(half, TARGET).dtype == torch.float32
    torch.testing.assert_close(task.losses(half, TARGET), task.losses(found, TARGET), rtol=0.05, atol=0.05)


def test_features_without_a_mask_are_all_words():
    found = Tagging("slots", TAGS).head(5)(Features(torch.randn(2, 3, 5)))
    assert found.mask.all()
    assert Tagging("slots", TAGS, "crf").describe() == {
        "kind": "tagging",
        "name": "slots",
        "tags": TAGS,
        "decoder": "crf",
    }
