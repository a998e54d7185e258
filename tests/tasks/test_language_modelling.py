"""The next word: what is told, perplexity, unknown words, and encoders that have read it already."""

import math

import pytest
import torch

from workbench.component import WorkbenchError, component, members
from workbench.features import Features
from workbench.spec import Spec
from workbench.tasks import LanguageModelling, tokens
from workbench.tasks.language_modelling import Heard
from workbench.training.experiment import Experiment

WORDS = ["cat", "sat", "the"]
RAW = torch.tensor([[2, 0, 1], [2, 0, -100], [-100, -100, -100]])


def made(**settings) -> LanguageModelling:
    task = LanguageModelling("next", WORDS, **settings)
    task.fit(RAW)
    return task


def output(task: LanguageModelling, seed: int = 0) -> Heard:
    torch.manual_seed(seed)
    return task.head(4)(Features(torch.randn(3, 3, 4), RAW != -100))


def test_each_word_tells_the_next_one_and_the_last_the_end():
    task = made()
    assert task.encode(RAW).tolist() == [[2, 4, 0], [2, 0, -100], [-100, -100, -100]]  # cat, the, sat
    assert made(min_count=2).encode(RAW)[0].tolist() == [2, 1, 0]


def test_perplexity_is_that_of_the_loss():
    task = made()
    found, target = output(task), task.encode(RAW)
    losses = task.losses(found, target)
    assert torch.equal(losses != 0, target != -100)
    metrics = task.metrics(found, target)
    assert metrics["perplexity"] == pytest.approx(math.exp(task.loss(found, target).item()), rel=1e-5)
    torch.nn.init.zeros_(found.linears[0].weight)
    torch.nn.init.zeros_(found.linears[0].bias)
    assert task.metrics(found, target)["perplexity"] == pytest.approx(task.tokens.size)
    assert "perplexity" in task.lower_is_better


def test_an_unknown_word_is_never_told_nor_right():
    task = made(min_count=2)
    found, target = output(task), task.encode(RAW)
    found.linears[0].bias.data[1] = 100.0
    assert not (task.predict(found) == 1).any()
    assert not any("(unknown)" in row for row in task.in_words(found))
    assert task.metrics(found, target)["accuracy"] <= 4 / 5


def test_predictions_are_places_in_the_list_of_words():
    task = made()
    found = output(task)
    names, raw = task.in_words(found), task.predict(found)
    assert [len(row) for row in names] == [3, 2, 0]
    for row, words in zip(raw.tolist(), names, strict=True):
        assert [WORDS[n] if n >= 0 else "(end)" for n in row[: len(words)]] == words


def test_long_texts_are_taken_in_stretches(monkeypatch):
    task = made()
    found, target = output(task), task.encode(RAW)
    whole, figures = (task.losses(found, target), task.predict(found)), task.metrics(found, target)
    monkeypatch.setattr(tokens, "NUMBERS", 1)
    torch.testing.assert_close(task.losses(found, target), whole[0])
    assert torch.equal(task.predict(found), whole[1])
    assert task.metrics(found, target) == pytest.approx(figures)


def test_batches_are_joined_and_nothing_present_is_nan():
    task = made()
    one = output(task)
    two = Heard([one.hidden[0][:, :2]], one.linears, one.mask[:, :2])
    assert task.in_words(Heard.join([one, two])) == task.in_words(one) + task.in_words(two)
    assert all(math.isnan(value) for value in task.metrics(one, torch.full((3, 3), -100)).values())


def test_several_predictions_are_one_by_their_probabilities():
    task = made()
    one, other = output(task), output(task, seed=1)
    both = Heard.mix([one, other], torch.tensor([0.25, 0.75]))
    every = slice(None)
    wanted = 0.25 * one.scores(every).softmax(-1) + 0.75 * other.scores(every).softmax(-1)
    torch.testing.assert_close(both.scores(every).softmax(-1), wanted)
    assert task.in_words(Heard.join([both, both])) == 2 * task.in_words(both)


@pytest.mark.parametrize(
    ("encoder", "sentence"),
    [
        ("bilstm", "encoder 'bilstm' has read it already: set its causal=True."),
        ({"name": "transformer", "width": 32}, "encoder 'transformer' has read it already: set its causal=True."),
        ("bert", "encoder 'bert' has read it already: take bilstm or transformer with causal=True."),
    ],
)
def test_encoders_that_look_ahead_are_refused(encoder, sentence):
    problem = {"name": "intents", "next_word": True}
    with pytest.raises(WorkbenchError) as error:
        Spec(problem=problem, encoder=encoder)
    assert str(error.value) == f"Task 'next_word' tells the next word, but {sentence}"
    Spec(problem=problem, encoder=encoder, tasks=["intent", "slots"])  # without that task nothing is wrong


@pytest.mark.parametrize("fusion", members("fusion"))
def test_no_fusion_shows_a_word_what_comes_later(fusion):
    """Whatever comes after the fourth word, what is told up to there stays; or the spec says that it would not."""
    fields = {"problem": {"name": "intents", "next_word": True, "count": 100}, "fusion": fusion}
    encoder = {"name": "bilstm", "causal": True, "units": 4, "embedding": 4}
    if component("fusion", fusion).looks_around:
        with pytest.raises(WorkbenchError) as error:
            Spec(**fields, encoder=encoder)
        assert str(error.value).startswith(f"Task 'next_word' tells the next word, but fusion {fusion!r} lets every")
        return
    exp = Experiment(Spec(**fields, encoder=encoder, batch_size=8))
    words = torch.randint(2, 9, (4, 7), generator=torch.Generator().manual_seed(0))
    later = words.clone()
    later[:, 4:] = 2
    model = exp.model.eval()
    one, other = (model({"text": x}, ["next_word"])["next_word"].scores(slice(None)) for x in (words, later))
    torch.testing.assert_close(one[:, :4], other[:, :4])
    assert not torch.allclose(one[:, 4:], other[:, 4:])


def test_causal_encoders_are_taken_and_an_unknown_encoder_is_the_only_fault():
    problem = {"name": "intents", "next_word": True}
    Spec(problem=problem, encoder={"name": "bilstm", "causal": True})
    with pytest.raises(WorkbenchError) as error:
        Spec(problem=problem, encoder="bilstmm")
    assert len(error.value.faults) == 1
    assert "did you mean 'bilstm'" in str(error.value)
