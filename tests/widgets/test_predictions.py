"""Answers to a few validation examples beside the truth, as the model learns."""

import base64
import json
import threading
import zlib
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import workbench as wb
from workbench.runs.finished import Finished
from workbench.tasks import Classification, Regression
from workbench.widgets.sections import SECTIONS, predictions
from workbench.widgets.sections import section as base
from workbench.widgets.sections.answers import answers
from workbench.widgets.sections.images import picture, small, stretched
from workbench.widgets.sections.inside import Inside
from workbench.widgets.sections.predictions import BYTES, COUNT, Predictions, order, thinned
from workbench.widgets.sections.surfaces import Surfaces

TEXT = {"encoder": {"name": "bilstm", "embedding": 8, "units": 4}}
SMALL = {"epochs": 1, "affinity": None, "device": "cpu", "batch_size": 32}
SPECS = {
    "digits": wb.Spec(encoder={"name": "cnn", "channels": 4, "blocks": 2, "width": 8}, **SMALL),
    "table": wb.Spec(problem={"name": "table", "path": "diabetes"}, **SMALL),
    "intents": wb.Spec(problem={"name": "intents", "count": 100, "decoder": "crf"}, **TEXT, **SMALL),
    "summaries": wb.Spec(problem={"name": "summaries", "count": 100, "units": 8}, **TEXT, **SMALL),
    "scenes": wb.Spec(
        problem={"name": "scenes", "rows": 60, "size": 16, "reconstruct": True},
        encoder={"name": "fcn", "channels": 8, "context": 1},
        **SMALL,
    ),
    "gradnorm_toy": wb.Spec(problem={"name": "gradnorm_toy", "count": 2, "rows": 100}, **SMALL),
}


def host():
    failures = []
    return SimpleNamespace(wake=lambda: None, fail=failures.append, failures=failures)


@pytest.fixture
def section(monkeypatch):
    monkeypatch.setattr(predictions, "SECONDS", 60.0)  # as many examples as on a fast machine
    made = Predictions(host())
    yield made
    made.close()


@pytest.fixture(scope="module", params=SPECS)
def session(request, tmp_path_factory):
    made = wb.start(SPECS[request.param], out=tmp_path_factory.mktemp(request.param))
    made.wait()
    return made


def look(section, session):
    section.show(section.compute(session))
    return section.view.fixed, section.view.frames[-1]


def told(session, name):
    """What the run itself predicts for the first examples that are shown: in words, of one task."""

    def at(peek):
        val = peek.data.splits["val"]
        views, _ = peek.data.batch(val[order(len(val))[:COUNT]])
        task = next(task for task in peek.data.tasks if task.name == name)
        return task.in_words(peek.outputs(views)[name])

    return session.peek(at)


def test_every_kind_of_problem_is_shown_and_stays_small(section, session):
    fixed, frame = look(section, session)
    tasks, count = fixed["tasks"], len(fixed["examples"])
    assert [task["name"] for task in tasks] == session.tasks
    assert count == (4 if any(task["shape"] == "picture" for task in tasks) else 8)
    for task, said, truths in zip(tasks, frame["said"], fixed["truths"], strict=True):
        assert len(truths) == count
        assert len(said) == (0 if task["why"] else count)
    assert len(json.dumps([fixed, section.view.frames])) < 60_000
    assert frame["step"] == session.run.summary["best_step"]


@pytest.mark.parametrize("session", ["digits"], indirect=True)
def test_classes_and_numbers(section, session):
    fixed, frame = look(section, session)
    digit, ink = (fixed["tasks"][session.tasks.index(name)] for name in ("digit", "ink"))
    said = dict(zip(session.tasks, frame["said"], strict=True))
    assert [digit["names"][label] for label, _ in said["digit"]] == told(session, "digit")
    assert all(10 <= percent <= 100 for _, percent in said["digit"])
    assert said["ink"] == pytest.approx(told(session, "ink"), rel=1e-5)
    assert (ink["unit"], ink["decimals"]) == ("grey value", 3)
    score = dict(zip(session.tasks, frame["score"], strict=True))
    known = session.run.summary["tasks"]
    right, count = score["digit"]
    assert count == fixed["validation"] == fixed["counted"] == 359
    assert right / count == pytest.approx(known["digit"]["val"])
    assert score["ink"] == pytest.approx([known["ink"]["metrics"]["mae"]["val"]], rel=1e-3)
    (image,) = fixed["examples"][0]
    assert (image["kind"], image["width"]) == ("image", 8)


@pytest.mark.parametrize("session", ["intents"], indirect=True)
def test_words_and_tags(section, session):
    fixed, frame = look(section, session)
    slots = fixed["tasks"][session.tasks.index("slots")]
    said = frame["said"][session.tasks.index("slots")]
    truths = fixed["truths"][session.tasks.index("slots")]
    assert [[slots["names"][tag] for tag in row] for row in said] == told(session, "slots")
    for (part,), row, truth in zip(fixed["examples"], said, truths, strict=True):
        assert part["kind"] == "words"
        assert len(part["words"]) == len(row) == sum(tag is not None for tag in truth)
    right, count = frame["score"][session.tasks.index("slots")]
    assert right / count == pytest.approx(session.run.summary["tasks"]["slots"]["metrics"]["accuracy"]["val"])


@pytest.mark.parametrize("session", ["summaries"], indirect=True)
def test_texts_that_are_written(section, session):
    fixed, frame = look(section, session)
    place = session.tasks.index("headline")
    assert frame["said"][place] == told(session, "headline")
    assert frame["score"][place] is None
    assert all(truth and " " in truth for truth in fixed["truths"][place])


@pytest.mark.parametrize("session", ["table"], indirect=True)
def test_columns_of_a_table(section, session):
    fixed, _ = look(section, session)
    part = fixed["examples"][0][0]
    assert [name for name, _ in part["columns"]] == ["age", "bmi", "bp", "s1", "s2", "s3"]
    assert part["more"] == 2
    assert all(20 <= float(dict(parts[0]["columns"])["age"]) <= 80 for parts in fixed["examples"])


@pytest.mark.parametrize("session", ["gradnorm_toy"], indirect=True)
def test_what_cannot_be_shown_says_why(section, session):
    fixed, _ = look(section, session)
    assert all(task["why"].endswith("are not shown here.") for task in fixed["tasks"])


@pytest.mark.parametrize("session", ["digits"], indirect=True)
def test_other_examples_and_the_hardest(section, session):
    first, _ = look(section, session)
    section.view.asked = {"from": 8, "hardest": 0}
    second, _ = look(section, session)
    assert (second["from"], len(section.view.frames)) == (8, 1)
    assert first["examples"] != second["examples"]
    section.view.asked = {"from": 10_000, "hardest": 0}
    last, _ = look(section, session)
    assert (last["from"], len(last["examples"])) == (352, 359 - 352)
    section.view.asked = {"from": 0, "hardest": 1}
    hard, frame = look(section, session)

    def wrong(fixed, frame):
        place = session.tasks.index("digit")
        pairs = zip(frame["said"][place], fixed["truths"][place], strict=True)
        return sum(label != truth for (label, _), truth in pairs)

    assert wrong(hard, frame) >= 6
    assert hard["total"] == 359


@pytest.mark.parametrize("session", ["digits"], indirect=True)
def test_a_run_from_its_folder_shows_what_its_session_showed(section, session):
    found = look(section, session)
    again = Predictions(host())
    assert look(again, Finished(wb.open(session.path))) == found
    again.close()


def test_earlier_answers_are_kept_and_thinned(section, tmp_path):
    session = wb.start(SPECS["digits"].replace(epochs=3), out=tmp_path, paused=True)
    for step in range(3):
        while session.step_number < step:
            session.over.wait(0.01)
        look(section, session)
        session.step()
    assert [frame["step"] for frame in section.view.frames] == [0, 1, 2]
    assert [frame["selected"] for frame in section.view.frames] == [False] * 3
    session.stop()
    session.wait()
    _, frame = look(section, session)
    assert frame["selected"]
    section.show(None)
    assert (section.view.frames, section.view.fixed) == ([], {})
    many = thinned([{"step": i, "said": ["x" * 100] * 10} for i in range(1000)])
    steps = [frame["step"] for frame in many]
    assert (steps[0], steps[-1]) == (0, 999)
    assert 10 <= len(many) <= 40
    assert len(json.dumps(many)) <= BYTES


@pytest.mark.parametrize("session", ["digits"], indirect=True)
def test_where_a_model_is_slow_fewer_answers_are_counted(section, session, monkeypatch):
    monkeypatch.setattr(predictions, "SECONDS", 0.0)
    fixed, frame = look(section, session)
    assert fixed["counted"] == 0
    assert frame["score"] == [None] * len(session.tasks)
    assert all(len(said) == COUNT for said in frame["said"])


def test_what_is_missing_has_no_truth():
    task = Classification("a", ["x", "y", "z"])
    teller = answers(task, torch.zeros(3))
    target = task.encode(torch.tensor([0.0, float("nan"), 2.0]))
    output = torch.tensor([[5.0, 0, 0], [0, 5.0, 0], [0, 5.0, 0]])
    assert teller.truths(target) == [0, None, 2]
    assert [label for label, _ in teller.said(output)] == [0, 1, 1]
    assert teller.score(output, target) == [1, 2]
    task = Regression("b", unit="m")
    task.fit(torch.tensor([1.0, 3.0]))
    teller = answers(task, torch.zeros(3))
    target = task.encode(torch.tensor([1.0, float("nan")]))
    assert teller.truths(target) == [1.0, None]
    assert teller.score(torch.tensor([[0.0], [0.0]]), target) == [1.0]


def test_a_picture_is_what_browsers_show():
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    whole = base64.b64decode(picture(pixels).partition(",")[2])
    assert whole[:8] == b"\x89PNG\r\n\x1a\n"
    start = whole.index(b"IDAT")
    length = int.from_bytes(whole[start - 4 : start], "big")
    rows = zlib.decompress(whole[start + 4 : start + 4 + length])
    assert rows == b"".join(b"\0" + row.tobytes() for row in pixels)
    assert small(torch.rand(3, 100, 50), 20).shape == (3, 20, 10)
    assert stretched(torch.tensor([[[0.0, 0.5, 2.0]]])).tolist() == [[0, 128, 255]]


def test_the_sections_are_offered():
    assert [cls.name for cls in SECTIONS[:3]] == ["predictions", "surfaces", "inside"]
    for cls in (Predictions, Surfaces, Inside):
        made = cls(host())
        made.view.opened = True
        made.update(None)
        assert made.view.note.startswith("Press Start")
        made.close()


@pytest.mark.parametrize("problem", ["plane", "summaries"])
def test_sections_that_are_open_change_no_number(problem, tmp_path, monkeypatch):
    """With dropout: a model that a look left in another mode would be seen in the records."""
    monkeypatch.setattr(base, "PAUSE", 0.0)
    monkeypatch.setattr(base, "PATIENCE", 0.0)
    spec = SPECS["summaries"].replace(encoder={**SPECS["summaries"].encoder, "dropout": 0.3})
    if problem == "plane":
        encoder = {"name": "mlp", "dropout": 0.3}
        spec = wb.Spec(problem={"name": "plane", "rows": 300}, encoder=encoder, fusion="mmoe", epochs=2, batch_size=8)
    plain = wb.train(spec, progress=False, out=tmp_path / "plain")
    woken = threading.Semaphore(0)
    failures = []
    sections = [
        cls(SimpleNamespace(wake=woken.release, fail=failures.append)) for cls in (Predictions, Surfaces, Inside)
    ]
    for section in sections:
        section.view.opened = True
    session = wb.start(spec, out=tmp_path / "open", paused=True)

    def settle():
        while any([section.update(session) for section in sections]):
            assert woken.acquire(timeout=30)

    settle()
    session.step()
    while session.step_number < 1:
        session.over.wait(0.005)
    settle()
    session.resume()
    while session.alive:
        for section in sections:
            section.update(session)
        woken.acquire(timeout=0.005)
    session.wait()
    settle()
    assert failures == []
    assert {0, 1} <= {frame["step"] for frame in sections[0].view.frames}
    for section in sections:
        section.close()
    lines = [(run.path / "records.jsonl").read_text().splitlines() for run in (plain, session.run)]
    numbers = [[line for line in each if '"type":"command"' not in line] for each in lines]
    assert numbers[0] == numbers[1]
