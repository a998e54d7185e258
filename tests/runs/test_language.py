"""Runs on words: every task trains, resumes to the same numbers, and answers to raw text in names."""

import json
import shutil

import pytest
import torch

import workbench as wb
from tests.runs.test_session import until
from workbench.component import WorkbenchError
from workbench.spec import Spec

INTENTS = {"name": "intents", "count": 200, "decoder": "crf"}
SUMMARIES = {"name": "summaries", "count": 200, "units": 16}
BILSTM = {"name": "bilstm", "units": 12, "embedding": 12}
CAUSAL = {**BILSTM, "causal": True}


def spec(problem, encoder=BILSTM, **fields) -> Spec:
    return Spec(**{"problem": problem, "encoder": encoder, "epochs": 1, "batch_size": 40, "lr": 0.01, **fields})


KINDS = [
    pytest.param(spec(INTENTS), id="intents"),
    pytest.param(spec({**INTENTS, "next_word": True, "decoder": "softmax"}, CAUSAL), id="next word"),
    pytest.param(spec({"name": "tagging", "count": 100}, {"name": "transformer", "width": 16}), id="tagging"),
    pytest.param(spec({"name": "text", "count": 100}, "tfidf"), id="text"),
    pytest.param(spec(SUMMARIES), id="summaries"),
]


@pytest.mark.parametrize("made", KINDS)
def test_every_problem_trains_and_opens_again(made, store):
    run = wb.train(made, progress=False)
    assert run.summary["status"] == "done"
    assert all(task["test"] is not None for task in run.summary["tasks"].values())
    again = wb.open(run.path)
    for task, value in again.predict().items():
        assert torch.equal(torch.as_tensor(value), torch.as_tensor(run.predict()[task]))


@pytest.mark.parametrize(
    ("weighting", "gradients"),
    [
        ("pcgrad", "exact"),
        ("mgda", "representation"),
        ("modo", "exact"),
        ("graddrop", "exact"),
        ("auto_lambda", "exact"),
    ],
)
@pytest.mark.parametrize("problem", [INTENTS, SUMMARIES], ids=["intents", "summaries"])
def test_every_kind_of_weighting_reaches_heads_that_work_within_the_loss(problem, weighting, gradients, store):
    run = wb.train(spec(problem, weighting=weighting, gradients=gradients, batch_size=100), progress=False)
    assert run.summary["status"] == "done"
    assert run.summary["steps"] == 2


@pytest.mark.parametrize("problem", [INTENTS, SUMMARIES], ids=["intents", "summaries"])
def test_a_resumed_run_goes_on_with_the_same_numbers(problem, store, tmp_path):
    made = spec(problem, {**BILSTM, "dropout": 0.3}, epochs=2)
    whole = wb.train(made, progress=False)
    session = wb.start(made, paused=True)
    session.step(3)
    latest = session.path / "checkpoint" / "latest.json"
    until(lambda: latest.is_file() and json.loads(latest.read_text())["position"]["step"] == 3)
    shutil.copytree(session.path, tmp_path / "killed")
    session.stop()
    session.wait()
    rest = wb.resume(tmp_path / "killed", progress=False)
    assert rest.summary["status"] == "done"
    assert rest.summary["tasks"] == whole.summary["tasks"]


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> wb.Run:
    out = tmp_path_factory.mktemp("runs")
    return wb.train(spec({**INTENTS, "count": 500}, epochs=10, batch_size=16, lr=0.02), progress=False, out=out)


def test_texts_are_answered_in_names(run):
    found = run.predict({"text": ["turn on the kitchen light", ["wake", "me", "up", "at", "six"]]})
    assert found["intent"] == ["light_on", "set_alarm"]
    assert found["slots"][0] == ["O", "O", "O", "B-room", "O"]
    assert len(found["slots"][1]) == 5
    assert run.predict("turn on the kitchen light") == {name: row[:1] for name, row in found.items()}


def test_numbers_and_names_say_the_same(run):
    texts = ["turn on the kitchen light", "call anna"]
    numbers, names = run.predict(texts, names=False), run.predict(texts)
    tasks = {task.name: task for task in run.rebuilt()[1].tasks}
    assert [tasks["intent"].classes[n] for n in numbers["intent"].tolist()] == names["intent"]
    assert [[tasks["slots"].tags[n] for n in row if n >= 0] for row in numbers["slots"].tolist()] == names["slots"]
    assert isinstance(run.predict(names=True)["intent"][0], str)
    assert isinstance(run.predict()["intent"], torch.Tensor)


def test_other_texts_in_the_batch_change_nothing(run):
    alone = run.predict(["call anna"])
    together = run.predict(["call anna", "remind me to water the roses at half past seven on friday morning please"])
    assert {name: row[:1] for name, row in together.items()} == alone


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (["turn on", " "], "View 'text': row 1 holds no word."),
        (["turn on", []], "View 'text': row 1 holds no word."),
        ([3], "View 'text': row 0 should be a string or a list of words, found 3."),
        ([["turn", 3]], r"View 'text': row 0 should be a string or a list of words, found \['turn', 3\]."),
        ([], "View 'text' holds no text."),
        ({"txt": ["a"]}, "predict has no view 'txt': did you mean 'text'"),
    ],
)
def test_texts_that_cannot_be_read(run, texts, sentence):
    with pytest.raises(WorkbenchError, match=sentence):
        run.predict(texts)


def test_where_a_decoder_looked_is_a_frame_per_text(store, run):
    writer = wb.train(spec(SUMMARIES), progress=False)
    texts = ["no bus will leave dublin on friday .", ["a", "storm", "reached", "oslo"]]
    found = writer.attention(texts)
    assert list(found) == ["headline"]
    first, second = found["headline"]
    assert list(first.columns) == texts[0].split()
    assert list(second.columns) == texts[1]
    assert first.index[-1] == "(end)"
    assert first.sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-5)
    assert " ".join(first.index[:-1]) == writer.predict(texts)["headline"][0]
    with pytest.raises(WorkbenchError, match="No task of this run writes a text: intent, slots"):
        run.attention(texts)
