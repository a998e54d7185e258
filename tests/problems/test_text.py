"""text: a column of texts, several columns of labels; and summaries: reports with headlines."""

import pandas as pd
import pytest
import torch

from workbench.component import WorkbenchError
from workbench.encoders import TfIdf
from workbench.problems import SPLITS, LabelledTexts, Summaries, prepare
from workbench.problems.summaries_grammar import STORIES, reports
from workbench.problems.text_grammar import EVENTS, TONES, news
from workbench.spec import Spec

ROWS = ["Great match!,sport,5", '"Well, a bad game.",sport,', "Prices fall,money,2", "It's the bank.,money,3"] * 5
CSV = "body,topic,stars\n" + "\n".join(ROWS) + "\n"


def store(folder, text=CSV, name="a.csv") -> str:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return str(folder / name)


def texts(path, **settings) -> LabelledTexts:
    return LabelledTexts(**{"path": path, "column": "body", "targets": ["topic", "stars"], **settings})


def fault(path, **settings) -> list[str]:
    with pytest.raises(WorkbenchError) as error:
        texts(path, **settings).load(0)
    return error.value.faults


# ---------------------------------------------------------------- news that are written


def test_written_news_are_different_balanced_and_follow_the_seed():
    made = news(1500, 0)
    assert len({text for text, _, _ in made}) == 1500
    assert news(20, 0) == made[:20] != news(20, 1)
    pairs = {(topic, tone): 0 for topic in EVENTS for tone in TONES}
    for _, topic, tone in made:
        pairs[topic, tone] += 1
    assert min(pairs.values()) > 60
    assert not any(set(text) & set("{}[]|") for text, _, _ in made)


def test_the_news_have_a_topic_and_a_tone():
    data = prepare(LabelledTexts(count=200), reader=lambda kind: TfIdf())
    assert data.names == ["topic", "tone"]
    assert data.tasks[1].classes == ["negative", "neutral", "positive"]
    assert data.views["text"].shape == (200, data.codecs["text"].size)
    Spec(problem="text", encoder="tfidf")


# ---------------------------------------------------------------- texts of one's own


def test_texts_become_words_and_columns_become_tasks(tmp_path):
    raw = texts(store(tmp_path)).load(0)
    assert raw.views["text"][:2] == [["great", "match", "!"], ["well", ",", "a", "bad", "game", "."]]
    assert [task.kind for task in raw.tasks] == ["classification", "classification"]
    assert raw.targets["stars"].isnan().tolist() == [False, True, False, False] * 5
    data = prepare(texts(store(tmp_path), kinds={"stars": "regression"}))
    assert data.tasks[1].kind == "regression"
    assert list(data.labelled) == ["stars"]


def test_only_the_first_words_are_read(tmp_path):
    raw = texts(store(tmp_path), longest=2).load(0)
    assert raw.views["text"][1] == ["well", ","]
    assert raw.views["text"].cut("One two three") == ["one", "two"]
    assert prepare(texts(store(tmp_path), longest=2)).words["text"] == raw.views["text"]


def test_files_named_after_splits_and_frames(tmp_path):
    for name, count in (("train.csv", 1), ("valid.csv", 1), ("test.csv", 1)):
        store(tmp_path / "set", CSV * count, name)
    data = prepare(texts(str(tmp_path / "set")))
    assert [len(data.splits[split]) for split in SPLITS] == [20, 20, 20]
    frame = pd.read_csv(store(tmp_path))
    settings = LabelledTexts.prepare({"path": frame, "column": "body", "targets": ["topic"]})
    assert LabelledTexts(**settings).load(0).views["text"] == texts(store(tmp_path)).load(0).views["text"]


@pytest.mark.parametrize(
    ("text", "settings", "sentence"),
    [
        (CSV, {"column": "text"}, "has no column 'text' (column): allowed: body, topic, stars."),
        (CSV, {"targets": ["topik"]}, "has no column 'topik' (targets): did you mean 'topic'?"),
        (CSV, {"kinds": {"star": "regression"}}, "has no column 'star' (kinds): did you mean 'stars'?"),
        (CSV, {"targets": ["body"]}, "'body' is the column of texts and a target, too."),
        (CSV.replace("Prices fall", " ", 1), {}, "a.csv, row 4, column 'body': the text holds no word."),
        (CSV.replace("money", "sport"), {}, "column 'topic' holds one class only, 'sport'; there is nothing to tell."),
        (CSV.replace(",5", ",4.5x"), {"kinds": {"stars": "regression"}}, "row 2, column 'stars': '4.5x' is no number"),
    ],
)
def test_faults_are_one_sentence(tmp_path, text, settings, sentence):
    assert any(sentence in found for found in fault(store(tmp_path, text), **settings))


def test_a_gap_in_a_stored_column_is_no_text(tmp_path):
    frame = pd.DataFrame({"body": ["fine", None, "well"] * 10, "topic": ["a", "b", "a"] * 10})
    frame.to_parquet(tmp_path / "a.parquet")
    assert fault(str(tmp_path / "a.parquet"), targets=["topic"])[0] == (
        "a.parquet, row 2, column 'body': the text holds no word."
    )


def test_many_empty_texts_are_counted(tmp_path):
    rows = "body,topic,stars\n" + " ,sport,1\nfine,money,2\n" * 15
    found = fault(store(tmp_path, rows))
    assert len(found) == 11
    assert found[-1] == "… and 5 more texts without a word."


def test_a_path_needs_targets():
    with pytest.raises(WorkbenchError, match=r"needs the setting 'targets': which columns of a\.csv to tell"):
        LabelledTexts(path="a.csv").task_names()


# ---------------------------------------------------------------- reports and headlines


def test_written_reports_are_different_and_their_headlines_follow_from_them():
    made = reports(2000, 0)
    assert len({report for report, _, _ in made}) == 2000
    assert reports(20, 0) == made[:20] != reports(20, 1)
    assert {topic for _, _, topic in made} == {story.topic for story in STORIES}
    told = {report: title for report, title, _ in made}
    assert len(told) == 2000
    copied = [len(set(title.split()) & set(report.split())) / len(title.split()) for report, title, _ in made]
    assert sum(copied) / len(copied) > 0.5


def test_a_headline_is_a_sequence_of_words():
    data = prepare(Summaries(count=200, attention="dot", cell="lstm", beams=2))
    assert data.names == ["headline", "topic"]
    task = data.tasks[0]
    assert (task.attention_kind, task.cell, task.beams) == ("dot", "lstm", 2)
    assert data.targets["headline"].dtype == torch.int64
    Spec(problem="summaries", encoder="tfidf", tasks=["topic"])
    with pytest.raises(WorkbenchError, match="need a sequence of features, encoder 'tfidf' gives a vector"):
        Spec(problem="summaries", encoder="tfidf")
