"""What each method would do now: nothing while it is closed, one table a second at most while it is open."""

import threading

import numpy as np
import pytest
import torch

import workbench as wb
from workbench.component import members
from workbench.runs.history import GradientsAt, History
from workbench.training.records import Begin
from workbench.widgets import methods
from workbench.widgets.methods import MethodsNow, table


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
    monkeypatch.setattr(methods, "monotonic", clock)
    return clock


class Section(MethodsNow):
    """Remembers when it asked for an update and what it reported."""

    def __init__(self):
        self.asked, self.failures = threading.Semaphore(0), []
        super().__init__(self.asked.release, self.failures.append)

    def computed(self):
        assert self.asked.acquire(timeout=30)


@pytest.fixture
def section():
    made = Section()
    yield made
    made.view.close()


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


def test_closed_it_computes_nothing(section, history, monkeypatch):
    monkeypatch.setattr(methods, "table", lambda _: pytest.fail("it computed"))
    before = threading.active_count()
    assert not section.update(history, comes=True)
    assert threading.active_count() == before
    assert section.view.table == {}
    assert section.view.note == ""


def test_opened_it_shows_the_last_step_once(opened, history):
    assert opened.update(history, comes=False)
    opened.computed()
    assert not opened.update(history, comes=False)
    assert opened.view.table["step"] == 7
    assert opened.view.note == ""
    assert not opened.update(history, comes=False)
    assert not opened.asked.acquire(blocking=False)


def test_one_table_a_second_and_the_last_one_is_never_lost(opened, history, clock):
    opened.update(history, comes=True)
    opened.computed()
    measured(history, 17)
    clock.now += 0.9
    assert opened.update(history, comes=True)  # too early: the table of step 7, and more to come
    assert opened.view.table["step"] == 7
    assert not opened.asked.acquire(blocking=False)
    clock.now += 0.2
    assert opened.update(history, comes=False)  # the run is over meanwhile
    opened.computed()
    assert not opened.update(history, comes=False)
    assert opened.view.table["step"] == 17


def test_a_slow_table_comes_less_often(opened, history, clock, monkeypatch):
    def slow(history):
        clock.now += 0.5
        return {"step": history.gramians[-1].step}

    monkeypatch.setattr(methods, "table", slow)
    opened.update(history, comes=True)
    opened.computed()
    measured(history, 17)
    clock.now += 9.4
    opened.update(history, comes=True)
    assert not opened.asked.acquire(blocking=False)
    clock.now += 0.2
    opened.update(history, comes=True)
    opened.computed()


def test_it_says_what_is_missing(opened, history):
    assert not opened.update(None, comes=False)
    assert "Press Start" in opened.view.note
    empty = History([Begin(("a", "b"), 10, 1, (1, 1))])
    assert not opened.update(empty, comes=True)
    assert "next affinity map" in opened.view.note
    assert opened.update(empty, comes=False)
    opened.computed()
    assert not opened.update(empty, comes=False)
    assert "it comes with the affinity map" in opened.view.note
    empty.affinities.append((1, np.eye(2)))
    other = History()
    other.affinities.append((1, np.eye(2)))
    opened._not_before = 0
    opened.update(other, comes=False)
    opened.computed()
    opened.update(other, comes=False)
    assert "recorded before maps were kept with their Gramian" in opened.view.note
    assert opened.view.table == {}
    assert opened.failures == []


def test_another_run_begins_with_an_empty_table(opened, history, clock):
    opened.update(history, comes=False)
    opened.computed()
    opened.update(history, comes=False)
    other = History([Begin(("a", "b"), 10, 1, (1, 1))])
    opened.update(other, comes=True)
    assert opened.view.table == {}
    measured(other, 3)
    clock.now += 2
    opened.update(other, comes=True)
    opened.computed()
    opened.update(other, comes=True)
    assert opened.view.table["step"] == 3


def test_a_method_that_fails_is_reported_once_and_the_section_says_so(opened, history, clock, monkeypatch):
    def broken(history):
        raise RuntimeError("a slip in a method of one's own")

    monkeypatch.setattr(methods, "table", broken)
    for step in (17, 27):
        opened.update(history, comes=True)
        opened.computed()
        opened.update(history, comes=True)
        measured(history, step)
        clock.now += 2
    assert [str(error) for error in opened.failures] == ["a slip in a method of one's own"]
    assert "A method failed" in opened.view.note


def test_numbers_that_are_none_can_be_sent(history):
    history.gramians.append(history.gramians[0]._replace(weights=np.array([np.nan, 1.0])))
    (row,) = table(history)["groups"][0]["rows"]
    assert row["share"] == [None, None]
