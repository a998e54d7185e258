"""intents: written requests, folders in the layout of JointBERT, and everything that may be wrong with one."""

import random

import pytest
import torch

from workbench.component import WorkbenchError
from workbench.encoders import BiLSTM, TfIdf
from workbench.problems import SPLITS, Intents, prepare
from workbench.problems.grammar import Grammar, distinct
from workbench.problems.intents_grammar import REQUESTS, requests
from workbench.spec import Spec

WORDS = ["wake me at six", "lights on", "wake anna", "lights off please"] * 5
TAGS = ["O O O B-time", "O O", "O B-person", "O O O"] * 5
LABELS = ["alarm", "light", "alarm", "light"] * 5


def store(folder, words=WORDS, tags=TAGS, labels=LABELS, scenarios=None):
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in (("seq.in", words), ("seq.out", tags), ("label", labels), ("scenario", scenarios)):
        if lines is not None:
            (folder / name).write_text("\n".join(lines) + "\n")
    return str(folder.parent)


def fault(path, **settings) -> list[str]:
    with pytest.raises(WorkbenchError) as error:
        Intents(path=str(path), **settings).load(0)
    return error.value.faults


# ---------------------------------------------------------------- requests that are written


def test_a_grammar_writes_its_rules():
    rules = {"s": "[who:name] sleeps/VERB {where}", "name": "the cat", "where": ["here", "in [place:name] 's bed"]}
    found = {
        " ".join(f"{w.text}/{w.kind}/{w.tag}" for w in Grammar(rules).write("s", random.Random(n))) for n in range(9)
    }
    start = "the//B-who cat//I-who sleeps/VERB/O "
    assert found == {start + "here//O", start + "in//O the//B-place cat//I-place 's//O bed//O"}


def test_no_sentence_comes_twice_and_a_small_grammar_ends():
    draw = random.Random(0)
    assert sorted(distinct(lambda: draw.choice("abc"), str, 10)) == ["a", "b", "c"]


def test_written_requests_are_different_balanced_and_follow_the_seed():
    made = requests(2000, 0)
    texts = [" ".join(word.text for word in words) for _, words in made]
    assert len(set(texts)) == len(texts) == 2000
    counts = {intent: sum(found == intent for found, _ in made) for intent in REQUESTS}
    assert len(counts) == 13
    assert min(counts.values()) > 60
    assert len({word.tag[2:] for _, words in made for word in words} - {""}) == 17
    assert requests(50, 0) == made[:50] != requests(50, 1)
    assert all(word.text.strip() and not set(word.text) & set("{}[]|") for _, words in made for word in words)


def test_it_holds_two_tasks_and_one_more_on_request():
    data = prepare(Intents(count=200), seed=1)
    assert data.names == ["intent", "slots"]
    assert (data.tasks[0].metric, data.tasks[1].metric) == ("accuracy", "f1")
    assert [len(data.splits[split]) for split in SPLITS] == [120, 40, 40]
    assert data.views["text"].shape == data.targets["slots"].shape
    assert torch.equal(data.views["text"] != 0, data.targets["slots"] != -100)
    more = prepare(Intents(count=200, next_word=True, decoder="crf"), seed=1)
    assert more.names == ["intent", "slots", "next_word"]
    assert more.tasks[1].decoder == "crf"
    assert torch.equal(more.targets["next_word"] != -100, more.views["text"] != 0)


def test_words_are_learned_from_training_requests_alone():
    data = prepare(Intents(count=200), seed=1, reader=lambda kind: BiLSTM(min_count=1))
    raw = Intents(count=200).load(1)
    training = {word for row in data.splits["train"].tolist() for word in raw.views["text"][row]}
    assert set(data.codecs["text"].words) == training
    test = {word for row in data.splits["test"].tolist() for word in raw.views["text"][row]}
    assert test - training


def test_batches_are_cut_where_the_longest_request_ends():
    data = prepare(Intents(count=200), seed=1)
    rows = data.splits["train"][:7]
    views, targets = data.batch(rows)
    longest = int((data.views["text"][rows] != 0).sum(1).max())
    assert views["text"].shape == targets["slots"].shape == (7, longest)
    assert targets["intent"].shape == (7,)


def test_without_tags_an_encoder_of_vectors_will_do():
    Spec(problem="intents", encoder="tfidf", tasks=["intent"])
    with pytest.raises(WorkbenchError, match="Problem 'intents' has tasks that need a sequence of features"):
        Spec(problem="intents", encoder="tfidf")
    data = prepare(Intents(count=200), ["intent"], reader=lambda kind: TfIdf())
    assert data.views["text"].is_floating_point()
    views, _ = data.batch(data.splits["train"][:3])
    assert views["text"].shape == (3, data.codecs["text"].size)


# ---------------------------------------------------------------- folders


def test_folders_named_after_splits_are_taken_as_such(tmp_path):
    for name, rows in (("train", 20), ("dev", 8), ("test", 4)):
        store(tmp_path / "set" / name, WORDS[:rows], TAGS[:rows], LABELS[:rows], LABELS[:rows])
    data = prepare(Intents(path=str(tmp_path / "set")))
    assert data.names == ["intent", "slots", "scenario"]
    assert [len(data.splits[split]) for split in SPLITS] == [20, 8, 4]
    assert data.tasks[1].tags == ["B-person", "B-time", "O"]


def test_a_missing_validation_folder_is_split_off_by_the_seed(tmp_path):
    store(tmp_path / "set" / "train")
    path = store(tmp_path / "set" / "test", WORDS[:4], TAGS[:4], LABELS[:4])
    one, other = prepare(Intents(path=path), seed=1), prepare(Intents(path=path), seed=2)
    assert [len(one.splits[split]) for split in SPLITS] == [16, 4, 4]
    assert one.splits["test"].tolist() == [20, 21, 22, 23]
    assert one.splits["val"].tolist() != other.splits["val"].tolist()


def test_one_folder_is_split_altogether_and_blank_ends_do_not_count(tmp_path):
    store(tmp_path / "set", [*WORDS, "", " "], [*TAGS, ""], LABELS)
    data = prepare(Intents(path=str(tmp_path / "set")))
    assert [len(data.splits[split]) for split in SPLITS] == [12, 4, 4]


def test_windows_lines_tabs_and_a_byte_order_mark(tmp_path):
    store(tmp_path / "a")
    plain = Intents(path=str(tmp_path / "a")).load(0)
    for name in ("seq.in", "seq.out", "label"):
        text = (tmp_path / "a" / name).read_text().replace("\n", "\r\n").replace(" ", "\t")
        (tmp_path / "a" / name).write_bytes(("\ufeff" + text).encode())
    other = Intents(path=str(tmp_path / "a")).load(0)
    assert other.views["text"] == plain.views["text"]
    assert torch.equal(other.targets["slots"], plain.targets["slots"])
    assert torch.equal(other.targets["intent"], plain.targets["intent"])


def test_a_relative_path_is_looked_up_in_the_data_folder_too(tmp_path, monkeypatch, own_data_folder):
    monkeypatch.chdir(tmp_path)
    store(own_data_folder / "mine")
    assert len(Intents(path="mine").load(0).views["text"]) == 20


# ---------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"tags": ["O O O", *TAGS[1:]]},
            "train/seq.out, line 1: 3 tags for the 4 words of train/seq.in ('wake me at six').",
        ),
        ({"words": [*WORDS[:6], " ", *WORDS[7:]]}, "train/seq.in, line 7 is empty; a request needs a word."),
        ({"labels": [*LABELS[:3], "", *LABELS[4:]]}, "train/label, line 4 is empty; a request needs its intent."),
        ({"labels": LABELS[:19]}, "train/label has 19 lines, but train/seq.in has 20; they belong together."),
        ({"tags": [*TAGS, "O"]}, "train/seq.out has 21 lines, but train/seq.in has 20; they belong together."),
        ({"labels": ["light"] * 20}, "column 'intent' holds one label only, 'light'; there is nothing to tell."),
        ({"tags": [tags.replace("B-time", "O").replace("B-person", "O") for tags in TAGS]}, "holds one tag only, 'O'"),
        ({"labels": None}, "has no file 'label'."),
        ({"words": [], "tags": [], "labels": []}, "seq.in is empty."),
    ],
)
def test_faults_of_a_folder_are_one_sentence_each(tmp_path, change, sentence):
    path = store(tmp_path / "set" / "train", **change)
    found = fault(path)
    assert len(found) == 1
    assert sentence in found[0]


def test_labels_that_training_lacks_are_named_with_place_and_neighbour(tmp_path):
    store(tmp_path / "set" / "train")
    path = store(
        tmp_path / "set" / "test", ["wake me at six", "play jazz"], ["O O O B-tme", "O B-music"], ["alarm", "music"]
    )
    way_out = "correct it, or set unseen='wrong' to count it as a mistake."
    assert fault(path) == [
        f"test, line 2: no training sentence has the label 'music' (intent): allowed: alarm, light; {way_out}",
        "test, line 1, word 4 ('six'): no training sentence has the tag 'B-tme' (slots): did you mean 'B-time'? "
        f"allowed: B-person, B-time, O; {way_out}",
        "test, line 2, word 2 ('jazz'): no training sentence has the tag 'B-music' (slots): allowed: B-person, B-time, "
        f"O; {way_out}",
    ]
    raw = Intents(path=path, unseen="wrong").load(0)
    assert raw.tasks[0].classes == ["alarm", "light", "music"]
    assert raw.tasks[1].tags == ["B-person", "B-time", "O", "B-music", "B-tme"]
    assert raw.targets["intent"][-1] == 2


def test_many_faults_are_listed_but_not_all(tmp_path):
    path = store(tmp_path / "set" / "train", tags=["O"] * 20)
    found = fault(path)
    assert len(found) == 11
    assert found[-1] == "… and 10 more such faults."


def test_folders_that_hold_nothing(tmp_path):
    (tmp_path / "empty").mkdir()
    assert fault(tmp_path / "empty")[0].endswith("holds neither a file 'seq.in' nor a folder 'train' with one.")
    assert "nearest there: empty." in fault(tmp_path / "emty")[0]
    store(tmp_path / "two" / "train")
    store(tmp_path / "two" / "dev")
    path = store(tmp_path / "two" / "valid")
    assert "both dev and valid could be the val split; keep one." in fault(path)[0]
    (tmp_path / "two" / "train" / "seq.in").write_bytes("fine\nn\xe9e".encode("latin-1"))
    (tmp_path / "two" / "valid").rename(tmp_path / "two" / "other")
    assert "seq.in, line 2 is no UTF-8 text" in fault(path)[0]


# ---------------------------------------------------------------- real requests


def test_requests_to_a_home_assistant(real_data):
    problem = Intents(path=str(real_data / "nlu_home"), decoder="crf")
    data = prepare(problem, seed=0, reader=lambda kind: BiLSTM())
    assert data.names == ["intent", "slots", "scenario"]
    assert [len(data.tasks[i].describe()["classes"]) for i in (0, 2)] == [64, 18]
    assert len({tag[2:] for tag in data.tasks[1].tags if tag != "O"}) == 54
    assert [len(data.splits[split]) for split in SPLITS] == [7968, 1992, 1076]
    for split in SPLITS:  # the files are sorted by intent: every split has nearly all of them all the same
        assert len(data.targets["intent"][data.splits[split]].unique()) >= 60
