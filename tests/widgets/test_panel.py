"""What the buttons do, without a browser."""

import re
import sys
import threading
import time
from types import SimpleNamespace

import pytest
from IPython.core.events import EventManager
from ipywidgets import Widget

import workbench as wb
from workbench.component import _REGISTRY
from workbench.weightings.scalarizations.equal import Equal
from workbench.widgets.live import Panel, guarded
from workbench.widgets.names import Choice, choose
from workbench.widgets.sections import SECTIONS
from workbench.widgets.warm import warm

SMALL = wb.Spec(tasks=["digit", "ink"], epochs=2, batch_size=256)
LONG = SMALL.replace(epochs=50_000, weighting="fixed")


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path):
    """Runs go to a fresh folder, and no panel is left from another test."""
    monkeypatch.setenv("WORKBENCH_RUNS", str(tmp_path))
    monkeypatch.setattr("workbench.widgets._latest", None)


@pytest.fixture
def panel():
    """Makes panels, and ends what they run."""
    made = []

    def make(spec=SMALL, **choice):
        made.append(Panel(spec, choose(**choice)))
        return made[-1]

    yield make
    for each in made:
        each.close()


def until(state, seconds=30):
    """Wait for a state that another thread brings about."""
    deadline = time.monotonic() + seconds
    while not state():
        assert time.monotonic() < deadline, "this state never came"
        time.sleep(0.005)


def classes(widget):
    """The CSS classes of a widget and of all below it."""
    found = set(widget._dom_classes)
    for child in getattr(widget, "children", ()):
        found |= classes(child)
    return found


def test_a_run_from_start_to_end(panel):
    live = panel()
    assert live.run is None
    assert live.spec == SMALL
    assert live.state.value == "ready"
    live.buttons["start"].click()
    assert live.wait().summary["status"] == "done"
    assert live.run.path == live.session.path
    assert live.errors == []
    assert live.state.value.startswith("<b>done</b> · epoch 2 of 2 · step 10 of 10 · ")
    assert live.canvas._sequence > 0
    assert live.canvas._curves["metric", "ink", "val"][0].tolist() == [0, 5, 10]
    assert not live.buttons["start"].disabled
    assert not live.buttons["compare"].disabled
    assert live.buttons["stop"].disabled


def test_start_pressed_twice_starts_one_training(panel):
    live = panel(LONG)
    live.start()
    first = live.session
    live.start()
    assert live.session is first
    assert "press Stop before you start another" in live.message
    until(lambda: live.buttons["start"].disabled)
    live.stop()
    live.wait()
    until(lambda: live.message == "")  # nothing is in progress any more
    assert live.errors == []


def test_a_double_click_on_start_is_one_start_and_no_news(panel):
    live = panel(LONG)
    for _ in range(2):
        live.buttons["start"].click()
    assert live.alive
    assert live.message == ""
    live.stop()
    live.wait()
    first = live.session
    until(lambda: not live.buttons["start"].disabled)
    until(lambda: live.buttons["start"].click() or live.session is not first)


def test_pause_step_resume_stop(panel):
    live = panel(LONG)
    live.start()
    until(lambda: live.session.step_number > 3)
    live.buttons["pause"].click()
    until(lambda: live.buttons["pause"].description == "Resume")
    at = live.session.step_number
    live.buttons["step"].click()
    until(lambda: live.session.step_number == at + 1)
    live.task.value = "ink"
    live.buttons["step_task"].click()
    until(lambda: live.session.step_number == at + 2)
    until(lambda: f"step {at + 2} of" in live.state.value)
    live.buttons["pause"].click()
    until(lambda: live.session.step_number > at + 10)
    until(lambda: live.buttons["pause"].description == "Pause")
    live.buttons["stop"].click()
    assert live.wait().summary["status"] == "stopped"
    until(lambda: live.state.value.startswith("<b>stopped</b>"))
    done = [(each.command, each.values.get("task")) for each in live.session.history.commands]
    assert done == [("pause", None), ("step", None), ("step", "ink"), ("resume", None), ("stop", None)]
    assert live.errors == []


def test_reset_stops_gracefully_empties_the_curves_and_keeps_the_controls(panel):
    live = panel(LONG)
    assert live.buttons["reset"].disabled
    live.start()
    until(lambda: live.session.step_number > 3 and live.canvas._curves)
    until(lambda: not live.buttons["reset"].disabled)
    left = live.session
    live.pickers.fields["lr"].widget.value = 0.1
    live.buttons["reset"].click()
    until(lambda: live.session is None)
    until(lambda: live.state.value == "ready")
    assert left.status == "stopped"
    assert (left.path / "summary.json").is_file()
    assert left.path.name in live.message
    assert live.canvas._curves == {}
    assert live.canvas._tasks == left.tasks
    assert live.run is None
    assert live.spec == LONG.replace(lr=0.1)
    assert live.buttons["reset"].disabled
    assert live.errors == []
    live.step_task("ink")
    until(lambda: "alone" in live.effect.value)
    assert live.session is not left
    assert live.session.spec.lr == 0.1


def test_reset_after_the_end_takes_comparison_and_effect_away(panel):
    live = panel(SMALL)
    live.step_task("ink")
    live.resume()
    live.wait()
    live.compare()
    live.wait()
    until(lambda: live.comparison is not None and live.table.value)
    live.reset()
    assert (live.session, live.comparison, live.table.value) == (None, None, "")
    assert "alone" not in live.effect.value
    assert live.pickers.pickers["weighting"].dropdown.disabled is False
    live.reset()  # nothing there, nothing to do
    assert live.errors == []


def test_a_failure_that_reset_meets_is_recorded_once(panel):
    live = panel(SMALL.replace(optimizer="sgd", lr=1e20, epochs=50))
    live.start()
    live.session.over.wait()
    live.reset()
    until(lambda: live.session is None)
    assert len(live.errors) == 1


def test_the_state_line_tells_memory(panel, monkeypatch):
    live = panel()
    live.start()
    live.wait()
    assert re.search(r" · cpu · (\d+\.\d) GB memory$", live.state.value)


def test_a_step_for_one_task_is_told_beside_errors(panel):
    live = panel(LONG)
    live.step_task("ink")
    until(lambda: "A step for ink alone (step 1): digit " in live.effect.value)
    assert re.search(r"ink −[\d.]+ % loss\.", live.effect.value)
    live.fail(wb.WorkbenchError("something is wrong"))
    until(lambda: "something is wrong" in live.note.value)
    live.step_task("digit")
    until(lambda: "A step for digit alone (step 2)" in live.effect.value)
    assert "something is wrong" in live.note.value
    assert live.canvas._maps["by hand"].rows.tolist() == [1, 0]
    assert live.canvas._look["name"] == live.session.path.name
    live.stop()
    live.wait()
    live.start()
    until(lambda: "alone" not in live.effect.value)  # of the new run there is nothing to tell


def test_step_without_a_run_begins_one_that_waits(panel):
    live = panel(LONG)
    live.step(2)
    until(lambda: live.session.step_number == 2)
    assert live.session.status == "paused"


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (lambda live: live.step_task("in"), "no task 'in': did you mean 'ink'"),
        (lambda live: live.step(0), "at least 1, found 0"),
    ],
)
def test_a_step_that_cannot_be_begins_no_run(panel, tmp_path, step, words):
    live = panel(LONG)
    with pytest.raises(wb.WorkbenchError, match=words):
        step(live)
    assert live.session is None
    assert list(tmp_path.iterdir()) == []


def test_steering_while_it_trains(panel):
    live = panel(LONG)
    live.start()
    live.pickers.fields["lr"].widget.value = 0.1
    live.pickers.weights.sliders["ink"].value = 2.5
    until(lambda: len(live.session.history.commands) == 2)
    assert live.session.lr == 0.1
    assert live.session.history.commands[1].values["weights"] == {"digit": 1.0, "ink": 2.5}
    until(lambda: "lr 0.1" in live.state.value)
    assert live.errors == []


def test_weight_sliders_say_why_they_cannot_be_moved(panel):
    live = panel(SMALL.replace(weighting="pcgrad"))
    ink = live.pickers.weights.sliders["ink"]
    assert ink.disabled
    assert "pcgrad computes them itself" in live.pickers.weights.reason.value
    live.pickers.tasks.boxes["slant"].value = True
    assert live.pickers.weights.sliders["slant"].disabled
    ink = live.pickers.weights.sliders["ink"]
    live.pickers.pickers["weighting"].dropdown.value = "fixed"
    assert not ink.disabled
    assert live.pickers.weights.reason.value == ""


def test_pickers_are_closed_while_it_trains_and_open_afterwards(panel):
    live = panel(LONG)
    live.start()
    dropdown = live.pickers.pickers["encoder"].dropdown
    until(lambda: dropdown.disabled)
    assert not live.pickers.fields["lr"].widget.disabled
    live.stop()
    until(lambda: not dropdown.disabled)


def test_what_is_wrong_with_the_data_is_shown_and_recorded(panel):
    live = panel(SMALL.replace(batch_size=5_000))
    live.buttons["start"].click()
    assert "batch_size = 5000 is larger" in live.message
    assert "batch_size = 5000 is larger" in live.note.value
    assert [type(error) for error in live.errors] == [wb.WorkbenchError]
    assert live.session is None
    assert live.spec.batch_size == 5_000
    live.pickers.fields["batch_size"].widget.value = 256
    live.start()
    assert live.wait().summary["status"] == "done"


def test_a_faulty_choice_is_said_before_start(panel):
    live = panel()
    for box in live.pickers.tasks.boxes.values():
        box.value = False
    assert "Tick at least one task." in live.message
    assert live.errors == []
    live.buttons["start"].click()
    assert len(live.errors) == 1
    live.pickers.tasks.boxes["digit"].value = True
    assert live.message == ""


def test_a_run_that_fails_is_one_error_and_keeps_its_curves(panel):
    live = panel(SMALL.replace(optimizer="sgd", lr=1e20, epochs=50))
    live.start()
    with pytest.raises(wb.WorkbenchError, match="became nan at step"):
        live.wait()
    until(lambda: "became nan at step" in live.note.value)
    assert [str(error) for error in live.errors] == [live.session.error]
    assert live.canvas._curves


def test_an_error_of_a_component_is_told_with_its_name(panel, monkeypatch):
    @wb.register("weighting", "slipping")
    class Slipping(Equal):
        """Written in class."""

        def __call__(self, *signals, **more):
            return {}["digits"]

    try:
        live = panel(SMALL.replace(weighting="slipping"))
        live.start()
        until(lambda: not live.alive and live.message)
        assert re.fullmatch(r"weighting 'slipping', line \d+: KeyError: 'digits'", live.message)
        assert "KeyError" in live.note.value
        assert [type(error) for error in live.errors] == [KeyError]
    finally:
        del _REGISTRY["weighting"]["slipping"]


def test_an_unexpected_error_in_a_callback_is_shown_and_recorded(panel):
    live = panel()

    def broken():
        raise RuntimeError("lost")

    guarded(live, broken)("whatever ipywidgets passes")
    assert live.message == "RuntimeError: lost"
    assert [repr(error) for error in live.errors] == ["RuntimeError('lost')"]


def test_commands_without_a_run_say_so(panel):
    live = panel()
    for command in (live.pause, live.resume, live.stop, live.wait, live.compare):
        with pytest.raises(wb.WorkbenchError, match="press Start"):
            command()


def test_comparison_with_single_tasks(panel):
    live = panel(SMALL)
    live.start()
    live.wait()
    live.buttons["compare"].click()
    live.wait()
    until(lambda: live.comparison is not None)
    assert "single tasks" in live.table.value
    assert live.errors == []


def test_a_comparison_that_fails_is_shown_and_recorded(panel, monkeypatch):
    def broken(run, **options):
        raise RuntimeError("no baseline")

    monkeypatch.setattr("workbench.widgets.compare.compare", broken)
    live = panel(SMALL)
    live.start()
    live.wait()
    live.compare()
    live.wait()
    until(lambda: "no baseline" in live.note.value)
    assert [repr(error) for error in live.errors] == ["RuntimeError('no baseline')"]
    assert not live.buttons["compare"].disabled


def test_the_end_of_a_run_is_kept_in_the_notebook_once(panel, monkeypatch):
    live, kept = panel(SMALL), []
    monkeypatch.setattr(type(live.canvas), "send_state", lambda self, key=None: kept.append(key))
    live.start()
    live.wait()
    live.refresh()
    assert kept == ["snapshot"]


def test_only_one_thread_writes_while_it_trains(panel):
    live = panel(LONG)
    live.start()
    writers = set()
    live.state.observe(lambda _: writers.add(threading.current_thread().name), "value")
    live.note.observe(lambda _: writers.add(threading.current_thread().name), "value")
    live.pause()
    live.say("something")
    live.start()
    until(lambda: "paused" in live.state.value and "in progress" in live.note.value)
    assert writers == {"workbench panel"}


def test_nothing_is_sent_when_nothing_changed(panel, monkeypatch):
    live = panel(LONG)
    live.start()
    live.pause()
    until(lambda: "paused" in live.state.value)
    live.refresh()
    sent = []
    monkeypatch.setattr(Widget, "_send", lambda self, message, buffers=None: sent.append(message))
    for _ in range(3):
        live.refresh()
    assert sent == []


def test_controls_can_be_hidden_and_locked(panel):
    live = panel(hide=["encoder", "compare"], lock=["problem", "lr"])
    shown = classes(live.widget)
    assert not {"wb-encoder", "wb-compare"} & shown
    assert {"wb-problem", "wb-weighting", "wb-start", "wb-status", "wb-weight-ink"} <= shown
    assert live.pickers.pickers["problem"].dropdown.disabled
    assert live.pickers.fields["lr"].widget.disabled
    assert live.spec == SMALL


LOCKED = SMALL.replace(weighting={"name": "fixed", "weights": {"ink": 2.0}}, seed=3, lr=0.002)


@pytest.mark.parametrize(
    "other",
    [
        SMALL.replace(weighting="equal", seed=9, lr=0.1),
        SMALL.replace(weighting={"name": "fixed", "weights": {"ink": 4.0}}, seed=9),
        SMALL.replace(weighting="pcgrad", encoder="cnn", epochs=1),
    ],
)
def test_a_run_that_is_opened_moves_nothing_that_is_locked(panel, tmp_path, other):
    live = panel(LOCKED, lock=["weighting", "weights", "seed", "lr"])
    live.open(wb.train(other, progress=False, out=tmp_path))
    kept = other.replace(weighting=LOCKED.weighting, seed=3, lr=0.002)
    assert live.spec == kept
    assert live.pickers.weights.values == {"digit": 1.0, "ink": 2.0}
    live.start()  # no Reset before it
    assert live.wait().spec == kept
    live.reset()
    assert live.spec == kept
    assert live.errors == []


def test_a_run_that_does_not_go_with_what_is_locked_leaves_the_controls(panel, tmp_path):
    live = panel(SMALL.replace(encoder="cnn"), lock=["encoder"])
    run = wb.train(wb.Spec(problem="sines", encoder="mlp", epochs=1), progress=False, out=tmp_path)
    live.open(run)
    assert live.spec == SMALL.replace(encoder="cnn")
    assert live.run.path == run.path


def test_show_leaves_only_the_named_pickers(panel):
    shown = classes(panel(show=["tasks", "weighting"]).widget)
    assert {"wb-tasks", "wb-weighting", "wb-start"} <= shown
    assert not {"wb-problem", "wb-encoder", "wb-lr", "wb-weights"} & shown


def test_the_rest_of_the_spec_is_below_a_button_that_tells_what_differs(panel):
    live = panel(SMALL.replace(optimizer="sgd"))
    below = live.widget.children[4].children[0].children[-1]
    assert "wbf-below" in below._dom_classes
    assert {"wb-schedule", "wb-sampling", "wb-optimizer", "wb-device"} <= classes(below)
    assert not {"wb-weighting", "wb-lr"} & classes(below)
    assert live.more.note == "optimizer sgd"
    live.pickers.pickers["schedule"].dropdown.value = "round_robin"
    assert live.more.note == "schedule round robin, optimizer sgd"
    assert live.spec == SMALL.replace(optimizer="sgd", schedule="round_robin")


def test_a_picker_named_to_be_shown_is_seen_at_once(panel):
    live = panel(show=["weighting", "schedule"])
    assert {"wb-weighting", "wb-schedule"} <= classes(live.widget)
    assert not {"wb-optimizer", "wbf-below"} & classes(live.widget)
    assert "wbf-below" not in classes(panel(hide=["more"]).widget)
    fewer = classes(panel(hide=["optimizer"]).widget)
    assert "wb-sampling" in fewer
    assert "wb-optimizer" not in fewer


def test_unknown_controls_are_all_named_with_the_nearest():
    with pytest.raises(wb.WorkbenchError) as error:
        choose(show=["task"], hide=["strat"], lock="problem")
    assert len(error.value.faults) == 3
    assert "did you mean 'tasks'?" in error.value.faults[0]
    assert "did you mean 'start'?" in error.value.faults[1]


def test_the_same_call_again_gives_the_same_panel_and_run():
    live = wb.panel(LONG, live=True)
    live.start()
    assert wb.panel(LONG, live=True) is live
    assert wb.panel(live=True) is live
    other = wb.panel(SMALL, live=True)
    assert other is live
    assert "run in progress" in live.message
    live.close()
    assert wb.panel(live=True) is live
    assert wb.panel(SMALL, live=True) is not live


def test_a_session_started_elsewhere_can_be_shown(panel):
    session = wb.start(LONG.replace(lr=0.02))
    live = panel()
    live.attach(session)
    assert live.spec == session.spec
    live.pause()
    until(lambda: "paused" in live.state.value)
    assert live.errors == []


def test_the_panel_shows_its_widget(panel):
    live = panel()
    bundle = live._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in (bundle[0] if isinstance(bundle, tuple) else bundle)
    assert repr(live) == "<workbench panel, not started>"


def test_warming_up_imports_what_a_run_needs():
    warm(SMALL).join(60)
    assert {"sklearn.datasets", "torch._dynamo"} <= sys.modules.keys()


def test_a_spec_of_another_kind_is_refused():
    with pytest.raises(wb.WorkbenchError, match="should be a Spec or a share line, found dict"):
        wb.panel({"epochs": 3}, live=True)


def test_a_share_line_brings_the_spec_and_the_teacher_s_choice():
    steering = [{"step": 2, "command": "set", "lr": 0.01}]
    line = wb.share(SMALL, steering=steering, show=["weighting"], lock=["weighting"])
    live = wb.panel(line, live=True)
    try:
        assert live.spec == SMALL
        assert "wb-lr" not in classes(live.widget)
        assert live.pickers.pickers["weighting"].dropdown.disabled
        assert "1 command of steering" in live.message
        assert wb.panel(line, live=True) is live
    finally:
        live.close()
    other = wb.panel(line, show=["lr"], live=True)
    try:
        assert "wb-lr" in classes(other.widget)  # what is said here holds
    finally:
        other.close()
    with pytest.raises(wb.WorkbenchError, match="damaged or cut short"):
        wb.panel(line[:-8], live=True)


def test_headless_it_trains_at_once_and_shows_figures(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    static = wb.panel(SMALL, live=False)
    assert static.run.summary["status"] == "done"
    assert (static.session, static.errors) == (None, [])
    static._ipython_display_()
    assert len(shown) == 3
    assert repr(static) == "<workbench panel, done>"


def test_headless_a_line_is_steered_as_it_says():
    steering = [{"step": 2, "command": "set", "weights": {"ink": 4.0}}]
    static = wb.panel(wb.share(SMALL.replace(weighting="fixed"), steering=steering), live=False)
    assert static.run.steering == steering


def test_headless_a_cell_that_uses_a_panel_works_too(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    static = wb.panel(SMALL, live=False)
    static.start()
    assert static.wait() is static.run
    assert (static.alive, static.message, static.comparison) == (False, "", None)
    static.compare()
    static._ipython_display_()
    assert shown[-1] is static.comparison
    static.close()
    for command in (static.pause, static.stop, lambda: static.set(lr=0.1), lambda: static.branch(3)):
        with pytest.raises(wb.WorkbenchError, match="its run is over: steer with"):
            command()


def test_headless_it_answers_to_all_that_a_panel_does():
    live = {name for name in vars(Panel) if not name.startswith("_")}
    beside = {"in_progress", "idle", "say", "fail", "resume", "refresh", "wake"}  # for the panel's own parts
    static = wb.panel(SMALL, live=False)
    assert [name for name in live - beside if not hasattr(static, name)] == []


def test_headless_a_figure_that_cannot_be_is_a_sentence(monkeypatch, capsys):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    wb.panel(SMALL.replace(affinity=None), live=False)._ipython_display_()
    assert len(shown) == 2
    assert "affinity" in capsys.readouterr().out.lower()


def test_headless_unknown_controls_are_refused_too():
    with pytest.raises(wb.WorkbenchError, match="names no control"):
        wb.panel(SMALL, hide=["everything"], live=False)


def test_the_default_choice_hides_nothing():
    assert choose() == Choice()


def test_what_each_method_would_do_follows_the_run_while_it_is_open(panel):
    live = panel(LONG.replace(affinity={"name": "gradient_cosine", "every": 5}))
    live.start()
    until(lambda: len(live.session.history.gramians) > 1)
    assert live.sections["methods_now"].view.table == {}
    live.sections["methods_now"].view.opened = True
    until(lambda: live.sections["methods_now"].view.table)
    first = live.sections["methods_now"].view.table["step"]
    assert live.sections["methods_now"].view.table["method"] == "fixed"
    until(lambda: live.sections["methods_now"].view.table["step"] > first)
    live.sections["methods_now"].view.opened = False
    live.stop()
    live.wait()
    live.sections["methods_now"].view.opened = True  # after the end too, and then it stays
    last = live.session.history.gramians[-1].step
    until(lambda: live.sections["methods_now"].view.table["step"] == last)
    assert live.errors == []


def test_opening_it_changes_no_number_of_the_run(panel):
    spec = SMALL.replace(affinity={"name": "gradient_cosine", "every": 1}, weighting="rlw", epochs=4)
    records = []
    for opened in (False, True):
        live = panel(spec)
        live.sections["methods_now"].view.opened = opened
        live.start()
        live.wait()
        assert bool(live.sections["methods_now"].view.table) == opened
        records.append((live.run.path / "records.jsonl").read_text())
    assert records[0] == records[1]


def test_without_affinity_it_says_so(panel):
    live = panel(SMALL.replace(affinity=None))
    live.sections["methods_now"].view.opened = True
    until(lambda: "Press Start" in live.sections["methods_now"].view.note)
    live.start()
    live.wait()
    until(lambda: "affinity= in the spec" in live.sections["methods_now"].view.note)
    assert live.errors == []


@pytest.mark.parametrize("name", [cls.name for cls in SECTIONS])
def test_a_section_can_be_hidden(panel, name):
    hidden, shown = panel(hide=[name]), panel()
    assert shown.sections[name].view in shown.widget.children
    assert [other for other in shown.sections if other not in hidden.sections] == [name]
    assert len(hidden.widget.children) == len(shown.widget.children) - 1


def test_a_component_registered_in_a_cell_is_offered_after_it(panel, monkeypatch):
    events = EventManager(None, {"post_run_cell": lambda result: None})
    monkeypatch.setattr("workbench.widgets.live.get_ipython", lambda: SimpleNamespace(events=events))
    live = panel()
    offered = live.pickers.pickers["weighting"].dropdown

    @wb.register("weighting", "from_a_cell")
    class FromACell(Equal):
        """Written in class."""

    try:
        events.trigger("post_run_cell", None)
        assert "from_a_cell" in offered.options
    finally:
        del _REGISTRY["weighting"]["from_a_cell"]
    live.close()
    events.trigger("post_run_cell", None)
    assert "from_a_cell" in offered.options  # a closed panel listens no more
