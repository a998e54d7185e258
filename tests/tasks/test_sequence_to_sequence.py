"""Texts that are written: known words, teacher forcing, attention, greedy and beam search."""

import itertools
import math

import pytest
import torch

from workbench.component import WorkbenchError
from workbench.features import Features
from workbench.tasks import SequenceToSequence
from workbench.tasks.memory import Memory
from workbench.tasks.search import write

WORDS = ["cat", "dog", "sat", "the"]
RAW = torch.tensor([[3, 0, 2], [3, 1, -100], [-100, -100, -100]])
KINDS = [(cell, attention) for cell in ("gru", "lstm") for attention in ("additive", "dot")]


def made(cell="gru", attention="additive", **settings) -> SequenceToSequence:
    task = SequenceToSequence("title", WORDS, units=6, cell=cell, attention=attention, **settings)
    task.fit(RAW)
    return task


def memory(task: SequenceToSequence, lengths=(4, 2, 3), scale: float = 1.0) -> Memory:
    torch.manual_seed(0)
    head = task.head(5)
    for parameter in head.parameters():
        parameter.data.mul_(scale)
    mask = torch.arange(max(lengths)) < torch.tensor(lengths).unsqueeze(1)
    return head(Features(torch.randn(len(lengths), max(lengths), 5), mask))


# ---------------------------------------------------------------- words


def test_words_are_numbered_by_frequency_and_texts_end():
    task = made()
    assert task.tokens.size == 6
    assert task.encode(RAW).tolist() == [[2, 3, 5, 0], [2, 4, 0, -100], [-100, -100, -100, -100]]
    assert task.longest == 4
    assert made(min_count=2).encode(RAW)[0].tolist() == [2, 1, 1, 0]


def test_words_that_training_lacks_are_unknown():
    task = SequenceToSequence("title", WORDS)
    task.fit(RAW[1:])
    assert task.encode(torch.tensor([[0, 3]])).tolist() == [[1, 3, 0]]


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (
            [[4, 0]],
            r"Task 'title': word 0 of row 0 has the number 4; allowed: 0 … 3, or -100 for none \(1 such words\)",
        ),
        ([[0, -1]], "word 1 of row 0 has the number -1"),
    ],
)
def test_bad_numbers_are_named(raw, sentence):
    with pytest.raises(WorkbenchError, match=sentence):
        made().encode(torch.tensor(raw))


def test_targets_must_be_there():
    with pytest.raises(WorkbenchError, match="Task 'title': all 1 training texts are missing"):
        SequenceToSequence("title", WORDS).fit(RAW[2:])
    with pytest.raises(WorkbenchError, match="no word is 3 times in the training texts; lower min_count"):
        made(min_count=3)


# ---------------------------------------------------------------- losses


@pytest.mark.parametrize(("cell", "attention"), KINDS)
def test_the_loss_is_that_of_one_step_after_the_other(cell, attention):
    task = made(cell, attention)
    output, target = memory(task), task.encode(RAW)
    losses = task.losses(output, target)
    assert losses.shape == target.shape
    assert torch.equal(losses != 0, target != -100)
    decoder, row = output.decoder, output[0:1]
    state, before, by_hand = decoder.start(row), torch.tensor([0]), []
    for word in target[0].tolist():
        state, found, weights = decoder.step(row, state, before)
        assert weights.sum().item() == pytest.approx(1)
        by_hand.append(-decoder.out(found).log_softmax(-1)[0, word].item())
        before = torch.tensor([word])
    assert losses[0].tolist() == pytest.approx(by_hand, rel=1e-5)


@pytest.mark.parametrize(("cell", "attention"), KINDS)
def test_padding_of_what_was_read_changes_nothing(cell, attention):
    task = made(cell, attention)
    output, target = memory(task), task.encode(RAW)
    alone = Memory(output.values[1:2, :2], output.keys[1:2, :2], output.mask[1:2, :2], output.decoder)
    torch.testing.assert_close(task.losses(alone, target[1:2]), task.losses(output, target)[1:2])
    assert task.in_words(alone) == task.in_words(output)[1:2]


def test_everything_learns():
    task = made()
    output = memory(task)
    task.loss(output, task.encode(RAW)).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in output.decoder.parameters())


def test_long_outputs_are_taken_in_stretches(monkeypatch):
    from workbench.tasks import tokens

    task = made()
    output, target = memory(task), task.encode(RAW)
    whole, written = task.losses(output, target), task.write(output)
    monkeypatch.setattr(tokens, "NUMBERS", 1)
    torch.testing.assert_close(task.losses(output, target), whole)
    assert torch.equal(task.write(output), written)


# ---------------------------------------------------------------- writing


def chances(output: Memory, text: tuple[int, ...]) -> float:
    """log p of a text of one example, its end included."""
    decoder = output.decoder
    state, before, total = decoder.start(output), 0, 0.0
    for word in text:
        state, found, _ = decoder.step(output, state, torch.tensor([before]))
        total += decoder.out(found).log_softmax(-1)[0, word].item()
        before = word
    return total


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_a_wide_beam_finds_the_best_of_all_texts(cell):
    task = made(cell)
    output = memory(task, scale=3.0)
    texts = [(*words, 0) for n in range(4) for words in itertools.product(range(2, 6), repeat=n)]
    found = write(output, longest=4, beams=200)
    for row in range(3):
        every = {text: chances(output[row : row + 1], text) for text in texts}
        best = max(every, key=lambda text: every[text] / len(text))
        assert found[row, : len(best)].tolist() == list(best)


def test_one_beam_is_greedy():
    task = made()
    output = memory(task, scale=3.0)
    found = write(output, longest=5)
    for row in range(3):
        decoder, one = output.decoder, output[row : row + 1]
        state, before, words = decoder.start(one), torch.tensor([0]), []
        for place in range(5):
            state, made_of, _ = decoder.step(one, state, before)
            scores = decoder.out(made_of)[0]
            scores[1] = -math.inf
            before = scores.argmax(-1, keepdim=True) if place < 4 else torch.tensor([0])
            words.append(before.item())
            if words[-1] == 0:
                break
        assert found[row, : len(words)].tolist() == words
        assert (found[row, len(words) :] == -100).all()


@pytest.mark.parametrize("beams", [1, 3])
def test_what_is_written_has_no_unknown_word_and_ends(beams):
    task = made(beams=beams)
    written = task.write(memory(task, scale=4.0))
    assert written.shape == (3, task.longest)
    assert not (written == 1).any()
    assert ((written == 0).sum(1) == 1).all()


def test_predictions_are_numbers_of_the_raw_words_and_texts():
    task = made()
    output = memory(task, scale=3.0)
    raw, texts = task.predict(output), task.in_words(output)
    for row, text in zip(raw.tolist(), texts, strict=True):
        assert " ".join(WORDS[number] for number in row if number >= 0) == text


def test_attention_has_a_row_per_word_written():
    task = made()
    output = memory(task)
    for (words, weights), length in zip(task.attention(output), (4, 2, 3), strict=True):
        assert weights.shape == (len(words), length)
        assert words[-1] == "(end)"
        torch.testing.assert_close(weights.sum(1), torch.ones(len(words)))


def test_it_learns_to_copy():
    """Two words in, the same two words out."""
    torch.manual_seed(0)
    words = [f"w{i}" for i in range(8)]
    raw = torch.randint(8, (64, 2))
    task = SequenceToSequence("copy", words, units=32)
    task.fit(raw)
    features = torch.cat([torch.nn.functional.one_hot(raw, 8), torch.eye(2).expand(64, 2, 2)], dim=-1)
    head, target = task.head(10), task.encode(raw)
    optimizer = torch.optim.Adam(head.parameters(), lr=0.02)
    for _ in range(150):
        optimizer.zero_grad()
        task.loss(head(Features(features)), target).backward()
        optimizer.step()
    output = head(Features(features))
    assert task.metrics(output, target)["exact"] > 0.95
    assert task.in_words(output)[0] == " ".join(words[number] for number in raw[0].tolist())


# ---------------------------------------------------------------- metrics


def test_metrics_by_hand(monkeypatch):
    task = made()
    output, target = memory(task), task.encode(RAW)
    written = torch.tensor([[2, 3, 5, 0], [2, 3, 0, -100]])
    monkeypatch.setattr(task, "write", lambda output: written)
    found = task.metrics(output, target)
    assert found["rouge_l"] == pytest.approx((1 + 0.5) / 2)
    assert found["exact"] == 0.5
    told = output.decoder.teach(output, target)[0].argmax(-1)
    assert found["accuracy"] == pytest.approx((told == target)[:2].sum().item() / 7)


def test_an_unknown_word_is_never_right(monkeypatch):
    task = made(min_count=2)
    output, target = memory(task), task.encode(RAW)
    monkeypatch.setattr(task, "write", lambda output: target[:2].masked_fill(target[:2] == 1, 2))
    assert task.metrics(output, target)["exact"] == 0


def test_metrics_without_targets_are_nan():
    task = made()
    found = task.metrics(memory(task), torch.full((3, 4), -100))
    assert set(found) == {"rouge_l", "exact", "accuracy"}
    assert all(math.isnan(value) for value in found.values())


def test_batches_are_joined():
    task = made()
    output = memory(task)
    short = Memory(output.values[1:2, :2], output.keys[1:2, :2], output.mask[1:2, :2], output.decoder)
    both = Memory.join([output, short])
    assert task.in_words(both) == [*task.in_words(output), task.in_words(output)[1]]


def test_several_decoders_write_one_text_by_their_probabilities():
    task = made()
    one, other = memory(task, scale=3.0), memory(task, scale=2.0)
    both, target = Memory.mix([one, other], torch.tensor([0.25, 0.75])), task.encode(RAW)
    wanted = 0.25 * one.teach(target)[0].softmax(-1) + 0.75 * other.teach(target)[0].softmax(-1)
    torch.testing.assert_close(both.teach(target)[0].softmax(-1), wanted)
    alone = Memory.mix([one, other], torch.tensor([1.0, 0.0]))
    assert task.in_words(alone) == task.in_words(one)
    torch.testing.assert_close(task.losses(alone, target), task.losses(one, target))
    assert task.in_words(type(both).join([both, both])) == 2 * task.in_words(both)
    for (words, weights), length in zip(task.attention(both), (4, 2, 3), strict=True):
        torch.testing.assert_close(weights.sum(1), torch.ones(len(words)))
        assert weights.shape[1] == length


def test_description():
    found = made("lstm", "dot", beams=2).describe()
    assert found["words"] == ["the", "cat", "dog", "sat"]
    assert (found["cell"], found["attention"], found["beams"], found["longest"]) == ("lstm", "dot", 2, 4)
