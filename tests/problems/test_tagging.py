"""tagging: written sentences, CoNLL-U, columns as in CoNLL-2003, and what may be wrong with them."""

import pytest
import torch

from workbench.component import WorkbenchError
from workbench.problems import SPLITS, TaggedSentences, prepare
from workbench.problems.tagging_grammar import sentences

UNIVERSAL = """# sent_id = 1
# text = It's gone.
1-2	It's	_	_	_	_	_	_	_	_
1	It	it	PRON	PRP	_	3	nsubj	_	_
2	's	be	AUX	VBZ	_	3	aux	_	_
2.1	has	have	AUX	VBZ	_	_	_	_	_
3	gone	go	VERB	VBN	_	0	root	_	_
4	.	.	PUNCT	_	_	3	punct	_	_

# sent_id = 2
1	Go	go	VERB	VB	_	0	root	_	_

"""
COLUMNS = """-DOCSTART- -X- -X- O

EU NNP B-NP B-ORG
rejects VBZ B-VP O
# NN B-NP O

Peter NNP B-NP B-PER
Blackburn NNP I-NP I-PER
"""


def store(folder, files: dict[str, str]) -> str:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return str(folder)


def fault(path, **settings) -> list[str]:
    with pytest.raises(WorkbenchError) as error:
        TaggedSentences(path=str(path), **settings).load(0)
    return error.value.faults


# ---------------------------------------------------------------- sentences that are written


def test_written_sentences_are_different_and_follow_the_seed():
    made = sentences(1500, 0)
    assert len({" ".join(word.text for word in words) for words in made}) == 1500
    assert sentences(20, 0) == made[:20] != sentences(20, 1)
    assert all(word.kind for words in made for word in words)
    assert {word.kind for words in made for word in words} >= {"NOUN", "VERB", "PROPN", "ADP", "DET", "ADJ", "PUNCT"}
    assert {word.tag for words in made for word in words} == {"O"} | {
        f"{a}-{b}" for a in "BI" for b in ("PER", "LOC", "ORG")
    }


def test_written_words_have_more_than_one_meaning():
    kinds: dict[str, set[str]] = {}
    for words in sentences(1500, 0):
        for word in words:
            kinds.setdefault(word.text.lower(), set()).add(word.kind + word.tag)
    assert len(kinds["plans"]) > 1
    assert {"PROPNB-PER", "PROPNB-LOC"} <= kinds["jordan"]


def test_it_holds_two_tasks():
    data = prepare(TaggedSentences(count=200, decoder="crf"))
    assert data.names == ["pos", "ner"]
    assert [task.metric for task in data.tasks] == ["accuracy", "f1"]
    assert all(task.decoder == "crf" for task in data.tasks)
    assert prepare(TaggedSentences(count=200, columns=["ner"])).names == ["ner"]
    with pytest.raises(WorkbenchError, match="The written sentences have no column 'chunk'; allowed: pos, ner"):
        TaggedSentences(columns=["chunk"]).load(0)


# ---------------------------------------------------------------- files


def test_universal_dependencies(tmp_path):
    (tmp_path / "a.conllu").write_text(UNIVERSAL * 10)
    raw = TaggedSentences(path=str(tmp_path / "a.conllu")).load(0)
    assert raw.views["text"][:2] == [["It", "'s", "gone", "."], ["Go"]]
    assert [task.name for task in raw.tasks] == ["upos", "deprel"]
    upos = raw.tasks[0]
    assert [upos.tags[tag] for tag in raw.targets["upos"][0].tolist()] == ["PRON", "AUX", "VERB", "PUNCT"]
    xpos = TaggedSentences(path=str(tmp_path / "a.conllu"), columns=["xpos"]).load(0)
    assert xpos.targets["xpos"][0, 3] == -100  # an underscore is a missing tag
    assert xpos.targets["xpos"][1, 1] == -100


def test_columns_as_in_conll_2003(tmp_path):
    (tmp_path / "eng.train").write_text(COLUMNS * 5)
    raw = TaggedSentences(path=str(tmp_path / "eng.train")).load(0)
    assert raw.views["text"][:3] == [["EU", "rejects", "#"], ["Peter", "Blackburn"], ["EU", "rejects", "#"]]
    assert [task.name for task in raw.tasks] == ["pos", "chunk", "ner"]
    assert [task.metric for task in raw.tasks] == ["accuracy", "f1", "f1"]
    assert raw.targets["ner"][0].tolist() == [raw.tasks[2].tags.index(tag) for tag in ("B-ORG", "O", "O")]


def test_two_columns_and_columns_that_are_named(tmp_path):
    (tmp_path / "two.txt").write_text("the DET\ncat NOUN\n\nrun VERB\n" * 5)
    assert TaggedSentences(path=str(tmp_path / "two.txt")).task_names() == ["tag"]
    (tmp_path / "five.txt").write_text("1 the DET x O\n2 cat NOUN x O\n\n1 run VERB y B-a\n\n" * 5)
    layout = ["number", "word", "pos", "x", "slot"]
    raw = TaggedSentences(path=str(tmp_path / "five.txt"), layout=layout, columns=["slot", "pos"]).load(0)
    assert raw.views["text"][0] == ["the", "cat"]
    assert [task.name for task in raw.tasks] == ["slot", "pos"]
    assert "line 1 has 5 columns; name them in layout" in fault(tmp_path / "five.txt")[0]


@pytest.mark.parametrize(
    "names",
    [
        ("en_x-ud-train.conllu", "en_x-ud-dev.conllu", "en_x-ud-test.conllu"),
        ("train.txt", "valid.txt", "test.txt"),
        ("eng.train", "eng.testa", "eng.testb"),
    ],
)
def test_files_named_after_splits_are_taken_as_such(tmp_path, names):
    text = UNIVERSAL if names[0].endswith("conllu") else COLUMNS
    path = store(tmp_path / "set", {name: text * n for name, n in zip(names, (6, 2, 1), strict=True)})
    (tmp_path / "set" / "README.md").write_text("nothing of ours")
    data = prepare(TaggedSentences(path=path))
    assert [len(data.splits[split]) for split in SPLITS] == [12, 4, 2]


def test_plain_text_beside_conllu_is_left_out(tmp_path):
    path = store(tmp_path / "set", {"x-train.conllu": UNIVERSAL * 10, "x-train.txt": "It's gone. Go"})
    assert len(TaggedSentences(path=path).load(0).views["text"]) == 20


# ---------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("text", "settings", "sentence"),
    [
        (COLUMNS, {"columns": ["nr"]}, "has no column 'nr': did you mean 'ner'? allowed: word, pos, chunk, ner."),
        (COLUMNS, {"columns": ["word"]}, "column 'word' holds the words, which are read, not told."),
        (
            COLUMNS,
            {"layout": ["a", "b", "c", "d"], "columns": ["b"]},
            "layout names no column 'word', found a, b, c, d.",
        ),
        (COLUMNS.replace("rejects VBZ", "rejects"), {}, "a.txt, line 4: 3 columns instead of 4."),
        ("\n\n", {}, "a.txt holds no sentence."),
        ("a X\nb X\n\n", {}, "column 'tag' holds one tag only, 'X'; there is nothing to tell."),
    ],
)
def test_faults_of_a_file_are_one_sentence(tmp_path, text, settings, sentence):
    (tmp_path / "a.txt").write_text(text)
    found = fault(tmp_path / "a.txt", **settings)
    assert len(found) == 1
    assert sentence in found[0]


def test_a_column_without_tags(tmp_path):
    (tmp_path / "a.conllu").write_text(UNIVERSAL)
    assert "column 'feats' has no tag in the training sentences." in fault(tmp_path / "a.conllu", columns=["feats"])[0]


def test_a_tag_that_training_lacks_is_named_with_file_line_and_word(tmp_path):
    other = COLUMNS.replace("B-ORG", "B-ORQ")
    path = store(tmp_path / "set", {"train.txt": COLUMNS * 5, "test.txt": other})
    assert fault(path) == [
        "test.txt, line 3 ('EU'): no training sentence has the tag 'B-ORQ' (ner): did you mean 'B-ORG'? allowed: "
        "B-ORG, B-PER, I-PER, O; correct it, or set unseen='wrong' to count it as a mistake."
    ]
    raw = TaggedSentences(path=path, unseen="wrong").load(0)
    assert raw.tasks[2].tags[-1] == "B-ORQ"


def test_folders_that_hold_nothing(tmp_path):
    path = store(tmp_path / "set", {"test.txt": COLUMNS})
    assert fault(path)[0].endswith("is a folder without a file that has 'train' in its name.")
    store(tmp_path / "set", {"train.txt": COLUMNS, "train.tsv": COLUMNS})
    assert "could be the train split; keep one." in fault(path)[0]
    assert "There is no file or folder" in fault(tmp_path / "gone")[0]


def test_a_sentence_without_any_tag_counts_nowhere(tmp_path):
    blank = "1	Oh	oh	_	_	_	0	root	_	_\n\n"
    (tmp_path / "a.conllu").write_text(UNIVERSAL * 10 + blank * 4)
    data = prepare(TaggedSentences(path=str(tmp_path / "a.conllu"), columns=["upos"]))
    assert (~data.labelled["upos"]).sum() == 4
    assert torch.equal(data.labelled["upos"], (data.targets["upos"] != -100).any(1))
