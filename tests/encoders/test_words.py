"""Encoders of texts: words as numbers, padding that changes nothing, and no look ahead where they are causal."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from workbench.component import WorkbenchError, members
from workbench.encoders import BiLSTM, Features, TfIdf, Transformer, View, Vocabulary, tokenize
from workbench.encoders.bilstm import along, turn
from workbench.encoders.transformer import sines

SENTENCES = [["the", "cat", "sat"], ["the", "dog", "sat", "down"], ["The", "cat"]]


def text_view(vocabulary: Vocabulary, length: int) -> View:
    return View("text", "text", (length,), vocabulary)


def sequence_encoders(causal: bool):
    return [
        BiLSTM(units=5, embedding=6, layers=2, causal=causal, min_count=1),
        Transformer(width=8, heads=2, layers=2, causal=causal, min_count=1),
        Transformer(width=8, heads=2, positions="sinusoidal", causal=causal, min_count=1),
    ]


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Turn it ON, please.", ["turn", "it", "on", ",", "please", "."]),
        ("it's 7:30 and 3.5°C", ["it's", "7:30", "and", "3.5", "°", "c"]),
        ("e-mail  Müller’s\tthings!", ["e-mail", "müller’s", "things", "!"]),
        ("well... no", ["well", ".", ".", ".", "no"]),
        ("  ", []),
    ],
)
def test_strings_become_words(text, words):
    assert tokenize(text) == words


def test_strings_may_keep_their_case():
    assert tokenize("Bank of Norway.", lower=False) == ["Bank", "of", "Norway", "."]


def test_words_are_numbered_by_frequency_then_alphabet():
    known = Vocabulary(SENTENCES)
    assert known.words == ["the", "cat", "sat", "dog", "down"]
    assert known.size == 7
    assert known.encode([["the", "bird", "sat"]], 5).tolist() == [[2, 1, 4, 0, 0]]


def test_rare_words_and_words_beyond_the_limit_are_unknown():
    assert Vocabulary(SENTENCES, min_count=2).words == ["the", "cat", "sat"]
    assert Vocabulary(SENTENCES, most_words=1).words == ["the"]
    assert Vocabulary(SENTENCES, case=True).words == ["cat", "sat", "the", "The", "dog", "down"]
    with pytest.raises(WorkbenchError, match="None of the 5 words of 3 training sentences is there 4 times or more"):
        Vocabulary(SENTENCES, min_count=4)


# ---------------------------------------------------------------- sequences


@pytest.mark.parametrize("causal", [False, True])
def test_padding_changes_nothing(causal):
    known = Vocabulary(SENTENCES)
    short, long = known.encode(SENTENCES, 4), known.encode(SENTENCES, 9)
    for encoder in sequence_encoders(causal):
        stages = encoder.build(text_view(known, 9)).eval()
        one, other = stages(short), stages(long)
        assert one.values.shape == (3, 4, stages.features)
        assert torch.equal(one.mask, short != 0)
        torch.testing.assert_close(one.values[one.mask], other.values[other.mask])
        torch.testing.assert_close(one.pooled, other.pooled)


def test_causal_encoders_do_not_see_later_words_and_others_do():
    known = Vocabulary(SENTENCES)
    x = torch.tensor([[2, 3, 4, 5, 6]])
    changed = torch.tensor([[2, 3, 4, 6, 3]])
    for causal in (True, False):
        for encoder in sequence_encoders(causal):
            stages = encoder.build(text_view(known, 5)).eval()
            same = torch.allclose(stages(x).values[:, :3], stages(changed).values[:, :3], atol=1e-6)
            assert same is causal, encoder
            assert not torch.allclose(stages(x).values[:, 4], stages(changed).values[:, 4])


def test_bilstm_agrees_with_torch_on_packed_sentences():
    torch.manual_seed(0)
    known = Vocabulary(SENTENCES)
    x = known.encode(SENTENCES, 4)
    stages = BiLSTM(units=5, embedding=6, min_count=1).build(text_view(known, 4))
    layer = stages.stages[1]
    torchs = nn.LSTM(6, 5, batch_first=True, bidirectional=True)
    for name, parameter in layer.onward.named_parameters():
        getattr(torchs, name).data.copy_(parameter)
        getattr(torchs, f"{name}_reverse").data.copy_(layer.back.get_parameter(name))
    packed = nn.utils.rnn.pack_padded_sequence(
        stages.stages[0](x), (x != 0).sum(1), batch_first=True, enforce_sorted=False
    )
    wanted, _ = nn.utils.rnn.pad_packed_sequence(torchs(packed)[0], batch_first=True)
    torch.testing.assert_close(stages(x).values, wanted)


@given(st.lists(st.integers(0, 6), min_size=1, max_size=5))
@settings(max_examples=30, deadline=None)
def test_turning_twice_is_nothing(lengths):
    x = torch.arange(6.0).expand(len(lengths), 6).unsqueeze(-1)
    mask = torch.arange(6) < torch.tensor(lengths).unsqueeze(1)
    places = turn(6, mask, x)
    turned = along(x, places).squeeze(-1)
    for row, length in enumerate(lengths):
        assert turned[row].tolist() == [*range(length - 1, -1, -1), *range(length, 6)]
    assert torch.equal(along(along(x, places), places), x)


def test_the_places_tell_how_each_stage_lies():
    known = Vocabulary(SENTENCES)
    for encoder in sequence_encoders(False):
        stages = encoder.build(text_view(known, 4))
        x, mask = known.encode(SENTENCES, 4), None
        mask = stages.mask(x)
        for stage, place in zip(stages.stages, stages.places, strict=True):
            x = stage(x, mask)
            assert x.shape[place.axis] == place.channels


def test_sines_are_those_of_the_paper():
    table = sines(3, 4)
    assert table[0].tolist() == [0, 1, 0, 1]
    assert table[2].tolist() == pytest.approx([math.sin(2), math.cos(2), math.sin(0.02), math.cos(0.02)])
    assert sines(2, 5).shape == (2, 5)


def test_learned_positions_end():
    known = Vocabulary(SENTENCES)
    stages = Transformer(width=8, heads=2, min_count=1).build(text_view(known, 4))
    with pytest.raises(WorkbenchError, match="of at most 4 words, found one of 5"):
        stages(torch.full((1, 5), 2))


def test_width_and_heads_must_fit():
    with pytest.raises(WorkbenchError, match="width = 10 is no multiple of heads = 4; 8 is"):
        Transformer(width=10)


def test_an_empty_row_stays_finite():
    known = Vocabulary(SENTENCES)
    x = torch.tensor([[2, 3, 0], [0, 0, 0]])
    for encoder in sequence_encoders(False):
        found = encoder.build(text_view(known, 3))(x)
        assert torch.isfinite(found.values).all()
        assert torch.isfinite(found.pooled).all()


# ---------------------------------------------------------------- counts


def test_tfidf_is_scikit_learns_formula():
    codec = TfIdf(min_count=1).learn(SENTENCES)
    found = codec.encode([["the", "Cat", "bird"], ["bird"]], 3)
    column = codec.vectorizer.vocabulary_
    the, cat = math.log(4 / 4) + 1, math.log(4 / 3) + 1
    norm = math.hypot(the, cat)
    assert found[0, column["the"]].item() == pytest.approx(the / norm)
    assert found[0, column["cat"]].item() == pytest.approx(cat / norm)
    assert found.dtype == torch.float32
    assert (found[0] != 0).sum() == 2
    assert not found[1].any()


def test_tfidf_counts_pairs_and_gives_a_vector():
    encoder = TfIdf(min_count=2, ngrams=2, width=6)
    codec = encoder.learn(SENTENCES)
    assert set(codec.vectorizer.vocabulary_) == {"the", "cat", "sat", "the cat"}
    assert encoder.learn(SENTENCES).size == codec.size == 4
    stages = encoder.build(View("text", "text", (codec.size,), codec))
    found = stages(codec.encode(SENTENCES, 4))
    assert isinstance(found, Features)
    assert found.values.shape == (3, 6)
    assert found.mask is None


def test_tfidf_without_a_frequent_word_says_so():
    with pytest.raises(WorkbenchError, match="finds no word that is in 5 of 3 training texts; lower min_count"):
        TfIdf(min_count=5).learn(SENTENCES)


def test_encoders_of_text_are_registered_and_say_what_they_give():
    gives = {name: cls.gives for name, cls in members("encoder").items() if "text" in cls.reads}
    assert gives == {"bilstm": "sequence", "transformer": "sequence", "bert": "sequence", "tfidf": "vector"}
