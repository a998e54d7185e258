"""What each method would do now: nothing while it is closed, one table a second at most while it is open."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import workbench as wb
from workbench.component import members
from workbench.runs.history import GradientsAt, History
from workbench.training.records import Begin
from workbench.widgets.sections import methods
from workbench.widgets.sections import section as base
from workbench.widgets.sections.methods import MethodsNow, table


def measured(history, step, G=((1.0, -2.0), (-2.0, 9.0))):
    history.gramians.append(GradientsAt(step, np.array(G), np.array([0.5, 2.0]), np.array([1.0, 3.0])))
    history.affinities.append((step, np.eye(2)))


@pytest.fixture
def history():
    history = History([Begin(("a", "b"), 10, 1, (1, 1))])
    measured(history, 7)
    return history


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(base, "monotonic", clock)
    return clock


class Section(MethodsNow):
    """Remembers when it asked for an update and what it reported."""

    def __init__(self):
        self.asked, self.failures = threading.Semaphore(0), []
        super().__init__(SimpleNamespace(wake=self.asked.release, fail=self.failures.append))

    def computed(self):
        assert self.asked.acquire(timeout=30)


@pytest.fixture
def section():
    made = Section()
    yield made
    made.close()


class Session(SimpleNamespace):
    """A run as the section reads it: on or over, with maps every so many steps."""

    def __init__(self, history, alive=False):
        exp = SimpleNamespace(affinity=SimpleNamespace(period=lambda *_: 5), names=["a", "b"], shared=[0], steps=90)
        exp.weighting = SimpleNamespace(needs="losses")
        super().__init__(history=history, alive=alive, exp=exp, spec=wb.Spec())


@pytest.fixture
def run(history):
    return Session(history, alive=True)


@pytest.fixture
def opened(section):
    section.view.opened = True
    section.computed()  # opening it asks for an update
    return section


def test_the_table_holds_every_method_under_what_it_needs(history):
    found = table(history)
    assert (found["step"], found["tasks"]) == (7, ["a", "b"])
    this_run, *kinds = found["groups"]
    assert this_run["heading"] == ""
    (row,) = this_run["rows"]
    assert (row["name"], row["share"], row["core"]) == ("this run", [0.25, 0.75], True)
    G, losses = (torch.as_tensor(x, dtype=torch.float32) for x in history.gramians[0][1:3])
    shown = {row["name"] for group in kinds for row in group["rows"]}
    assert shown == set(wb.weightings.compare(G, losses)["method"])
    for group in kinds:
        assert {members("weighting")[row["name"]].heading() for row in group["rows"]} == {group["heading"]}
        core = [row["core"] for row in group["rows"]]
        assert core == sorted(core, reverse=True)


def test_who_is_hurt_is_named(history):
    rows = {row["name"]: row for group in table(history)["groups"] for row in group["rows"]}
    assert rows["equal"]["hurt"] == [0]  # 1 - 2 < 0
    assert rows["upgrad"]["hurt"] == []


def test_closed_it_computes_nothing(section, run, monkeypatch):
    monkeypatch.setattr(methods, "table", lambda _: pytest.fail("it computed"))
    before = threading.active_count()
    assert not section.update(run)
    assert threading.active_count() == before
    assert section.view.table == {}
    assert section.view.note == ""


def test_opened_it_shows_the_last_step_once(opened, run):
    assert opened.update(run)
    opened.computed()
    assert not opened.update(run)
    assert opened.view.table["step"] == 7
    assert opened.view.note == ""
    assert not opened.update(run)
    assert not opened.asked.acquire(blocking=False)


def test_one_table_a_second_and_the_last_one_is_never_lost(opened, history, run, clock):
    opened.update(run)
    opened.computed()
    measured(history, 17)
    clock.now += 0.9
    assert opened.update(run)  # too early: the table of step 7, and more to come
    assert opened.view.table["step"] == 7
    assert not opened.asked.acquire(blocking=False)
    clock.now += 0.2
    run.alive = False
    assert opened.update(run)
    opened.computed()
    assert not opened.update(run)
    assert opened.view.table["step"] == 17


def test_a_slow_table_comes_less_often(opened, history, run, clock, monkeypatch):
    def slow(history):
        clock.now += 0.5
        return {"step": history.gramians[-1].step}

    monkeypatch.setattr(methods, "table", slow)
    opened.update(run)
    opened.computed()
    measured(history, 17)
    clock.now += 9.4
    opened.update(run)
    assert not opened.asked.acquire(blocking=False)
    clock.now += 0.2
    opened.update(run)
    opened.computed()


def test_it_says_what_is_missing(opened):
    assert not opened.update(None)
    assert "Press Start" in opened.view.note
    empty = Session(History([Begin(("a", "b"), 10, 1, (1, 1))]), alive=True)
    assert not opened.update(empty)
    assert "next affinity map" in opened.view.note
    empty.alive = False
    assert opened.update(empty)
    opened.computed()
    assert not opened.update(empty)
    assert "it comes with the affinity map" in opened.view.note
    other = Session(History())
    other.history.affinities.append((1, np.eye(2)))
    opened._not_before = 0
    opened.update(other)
    opened.computed()
    opened.update(other)
    assert "recorded before maps were kept with their Gramian" in opened.view.note
    assert opened.view.table == {}
    assert opened.failures == []


def test_another_run_begins_with_an_empty_table(opened, history, run, clock):
    opened.update(run)
    opened.computed()
    opened.update(run)
    other = Session(History([Begin(("a", "b"), 10, 1, (1, 1))]), alive=True)
    opened.update(other)
    assert opened.view.table == {}
    measured(other.history, 3)
    clock.now += 2
    opened.update(other)
    opened.computed()
    opened.update(other)
    assert opened.view.table["step"] == 3


def test_a_method_that_fails_is_reported_once_and_the_section_says_so(opened, history, run, clock, monkeypatch):
    def broken(history):
        raise RuntimeError("a slip in a method of one's own")

    monkeypatch.setattr(methods, "table", broken)
    for step in (17, 27):
        opened.update(run)
        opened.computed()
        opened.update(run)
        measured(history, step)
        clock.now += 2
    assert [str(error) for error in opened.failures] == ["a slip in a method of one's own"]
    assert "could not be worked out" in opened.view.note


def test_numbers_that_are_none_can_be_sent(history):
    history.gramians.append(history.gramians[0]._replace(weights=np.array([np.nan, 1.0])))
    (row,) = table(history)["groups"][0]["rows"]
    assert row["share"] == [None, None]
