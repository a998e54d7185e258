"""BERT: packing of pieces, features of first pieces, a folder as a pretrained model, and what is refused."""

import json
import sys

import pytest
import torch

from workbench.component import WorkbenchError
from workbench.encoders import Bert, View, Vocabulary
from workbench.encoders.pieces import Pieces, packed

SENTENCES = [["the", "cat", "sat"], ["the", "cat"]]
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "##s", "##ter", "sat"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny BERT as Hugging Face stores it, with pieces of words."""
    transformers = pytest.importorskip("transformers", reason="the extra 'text' is not installed")
    where = tmp_path_factory.mktemp("bert")
    config = transformers.BertConfig(
        vocab_size=len(PIECES), hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    torch.manual_seed(0)
    transformers.BertModel(config).save_pretrained(where)
    (where / "vocab.txt").write_text("\n".join(PIECES))
    (where / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "BertTokenizer", "do_lower_case": True})
    )
    return where


def test_pieces_are_packed_without_gaps():
    x = torch.tensor([[[5, 6], [7, 0], [0, 0]], [[8, 0], [0, 0], [0, 0]]])
    pieces, there, places = packed(x, first=2, last=3)
    assert pieces.tolist() == [[1, 4, 5, 6, 2], [1, 7, 2, 0, 0]]
    assert there.tolist() == [[True] * 5, [True, True, True, False, False]]
    assert places.tolist() == [[1, 3, 0], [1, 0, 0]]


def test_words_without_pieces_are_packed_alike():
    x = torch.tensor([[5, 7, 0], [8, 0, 0]])
    for one, other in zip(packed(x, 2, 3), packed(x.unsqueeze(-1), 2, 3), strict=True):
        assert torch.equal(one, other)


def test_random_weights_need_nothing_but_the_library():
    pytest.importorskip("transformers", reason="the extra 'text' is not installed")
    encoder = Bert(width=8, heads=2, layers=1, min_count=1)
    codec = encoder.learn(SENTENCES)
    assert isinstance(codec, Vocabulary)
    stages = encoder.build(View("text", "text", (4,), codec)).eval()
    short, long = stages(codec.encode(SENTENCES, 3)), stages(codec.encode(SENTENCES, 6))
    assert short.values.shape == (2, 3, 8)
    assert short.mask.tolist() == [[True, True, True], [True, True, False]]
    torch.testing.assert_close(short.values[short.mask], long.values[long.mask])
    assert stages.places[-1].channels == stages.features == 8


def test_words_get_the_features_of_their_first_piece(folder):
    encoder = Bert(pretrained=str(folder))
    codec = encoder.learn(SENTENCES)
    assert isinstance(codec, Pieces)
    words = [["The", "cats", "catster", "dog"]]
    x = codec.encode(words, 5)
    assert (x[0] - 1).tolist() == [[5, -1, -1], [6, 7, -1], [6, 7, 8], [1, -1, -1], [-1, -1, -1]]
    stages = encoder.build(View("text", "text", tuple(x.shape[1:]), codec)).eval()
    found = stages(x)
    ids = torch.tensor([[2, 5, 6, 7, 6, 7, 8, 1, 3]])
    wanted = stages.stages[0].bert(input_ids=ids).last_hidden_state
    torch.testing.assert_close(found.values[0, :4], wanted[0, [1, 2, 4, 7]])
    assert found.mask.tolist() == [[True] * 4 + [False]]
    assert not found.values[0, 4].any()


def test_the_weights_are_those_of_the_folder(folder):
    from safetensors.torch import load_file

    encoder = Bert(pretrained=str(folder))
    stages = encoder.build(View("text", "text", (5, 3), encoder.learn(SENTENCES)))
    stored = load_file(folder / "model.safetensors")["embeddings.word_embeddings.weight"]
    assert torch.equal(stages.stages[0].bert.embeddings.word_embeddings.weight, stored)


def test_weights_that_would_be_unpickled_are_refused(folder, tmp_path):
    for name in ("config.json", "vocab.txt", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    torch.save({"embeddings.word_embeddings.weight": torch.zeros(10, 8)}, tmp_path / "pytorch_model.bin")
    encoder = Bert(pretrained=str(tmp_path))
    codec = encoder.learn(SENTENCES)
    with pytest.raises(WorkbenchError, match="weights as safetensors"):
        encoder.build(View("text", "text", (5, 3), codec))


def test_a_folder_that_is_no_model_is_one_sentence(tmp_path):
    pytest.importorskip("transformers", reason="the extra 'text' is not installed")
    with pytest.raises(WorkbenchError) as error:
        Bert(pretrained=str(tmp_path)).learn(SENTENCES)
    assert str(error.value).startswith(f"Encoder 'bert': pretrained = {str(tmp_path)!r} cannot be loaded; allowed: the")
    assert "\n" not in str(error.value)


def test_a_text_that_is_too_long_is_named(folder):
    codec = Bert(pretrained=str(folder)).learn(SENTENCES)
    with pytest.raises(WorkbenchError, match="starts with 'cats cats cats cats cats' has 600 pieces, but this model"):
        codec.encode([["the"], ["cats"] * 300], 300)


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(WorkbenchError) as error:
        Bert(pretrained="bert-base-uncased").learn(SENTENCES)
    assert str(error.value) == "Encoder 'bert' needs Hugging Face transformers: pip install 'mtl-workbench[text]'."


def test_width_and_heads_must_fit():
    with pytest.raises(WorkbenchError, match="width = 10 is no multiple of heads = 4; 8 is"):
        Bert(width=10)
