"""The live workbench: pick, train, watch, steer, compare."""

from collections.abc import Callable
from functools import partial, wraps
from html import escape
from threading import RLock
from typing import Any

import ipywidgets as widgets
from IPython.core.getipython import get_ipython

from workbench.component import WorkbenchError, as_sentence, component
from workbench.runs.branch import start_branch
from workbench.runs.finished import Finished
from workbench.runs.folder import holds_run
from workbench.runs.run import Run
from workbench.runs.session import in_progress
from workbench.runs.steering import check_step
from workbench.runs.train import start
from workbench.spec import Spec
from workbench.widgets.canvas.canvas import Canvas
from workbench.widgets.clicks import once
from workbench.widgets.compare import Comparing, announced
from workbench.widgets.effects import sentence
from workbench.widgets.labels import Labels
from workbench.widgets.lock import follow
from workbench.widgets.names import Choice
from workbench.widgets.pickers.fold import Fold
from workbench.widgets.pickers.pickers import Pickers
from workbench.widgets.pickers.preset_picker import PresetPicker
from workbench.widgets.presence import Presence
from workbench.widgets.said import Said
from workbench.widgets.sections import SECTIONS
from workbench.widgets.sections.section import DELETED
from workbench.widgets.state import StateLine
from workbench.widgets.ticker import Ticker

__all__ = ["Panel", "guarded"]


def guarded(panel: "Panel", action: Callable[[], object]) -> Callable[..., None]:
    """A widget callback that calls ``action``; what it raises is shown in the panel and recorded in ``errors``."""

    @wraps(action)
    def callback(*_: Any) -> None:
        try:
            action()
        except Exception as error:  # noqa: BLE001 (ipywidgets would drop it)
            panel.fail(error)

    return callback


class Panel:
    """The live workbench. Make one with ``wb.panel()``; the last expression of a cell shows it.

    Its methods are what the buttons do, and may be called from a cell as well.

    Args:
        spec: what the controls show first.
        choice: which controls are hidden or locked.

    Attributes:
        session: the run in progress, or the last one; None before the first start.
        errors: every exception met behind the panel, oldest first.
        comparison: the comparison with single-task baselines, once there is one.
        widget: what is shown.
    """

    def __init__(self, spec: Spec, choice: Choice) -> None:
        self.session: Any = None
        self.errors: list[BaseException] = []
        self.comparison: Any = None
        self.choice, self._given = choice, spec
        self._said = Said()
        self._ticker: Ticker | None = None
        self._comparing: Comparing | None = None
        self._over: Any = None
        self._leaving: Any = None
        self._lock = RLock()
        self._shown: tuple[Any, ...] = ()
        self.canvas, self.presence = Canvas(), Presence()
        self.canvas.beat, self.canvas.heard = self.presence.beat, self.presence.hear
        self.sections = {cls.name: cls(self) for cls in SECTIONS if cls.name not in choice.hidden}
        self.more = Fold("more", "the rest of the spec: schedule, sampling, optimizer, precision and so on")
        self.pickers = Pickers(
            spec,
            guarded(self, self._check),
            guarded(self, self._lr_moved),
            guarded(self, self._weights_moved),
            partial(self.say, alarm=True),
        )
        self.preset = PresetPicker(self._preset_chosen)
        self._build()
        self._check()
        self._shell = get_ipython()
        if self._shell is not None:
            self._shell.events.register("post_run_cell", self._cell_ran)

    # ------------------------------------------------------------------ what can be asked

    @property
    def spec(self) -> Spec:
        """The spec that the controls show.

        Raises:
            WorkbenchError: every fault of it.
        """
        return self.pickers.spec

    @property
    def run(self) -> Any:
        """The run of the last session, readable while it trains; None before the first start."""
        return None if self.session is None else self.session.run

    @property
    def alive(self) -> bool:
        """Whether a run is in progress (running or paused)."""
        return self.session is not None and self.session.alive

    @property
    def in_progress(self) -> str:
        """What is in progress, a run or a comparison, as a sentence begins; "": nothing is."""
        if self.alive:
            at = f"step {self.session.step_number} of {self.session.total_steps}"
            return f"A run is in progress ({at}, {self.session.status})"
        return "A comparison is in progress" if self._busy else ""

    @property
    def message(self) -> str:
        """The sentence below the state line."""
        return self._said.text

    def idle(self, what: str) -> None:
        """Make sure that nothing is in progress.

        Args:
            what: needs that, such as ``open another``.

        Raises:
            WorkbenchError: a run or a comparison is.
        """
        if self.in_progress:
            raise WorkbenchError(f"{self.in_progress}; press Stop before you {what}.")

    # ------------------------------------------------------------------ what can be done

    def start(self) -> None:
        """Train what the controls show; while a run is in progress it says so and starts none.

        Raises:
            WorkbenchError: every fault of the spec, or what is wrong with the data.
        """
        if self._may("start another"):
            self._begin(paused=False)

    def open(self, run: Run) -> None:
        """Show a run: one in progress in this kernel as it goes on, any other one as it was recorded.

        Raises:
            WorkbenchError: its folder cannot be read, or another run or a comparison is in progress here.
        """
        session = in_progress(run.path)
        if session is None or session is not self.session:
            self.idle("open another")
        self.attach(session or Finished(run))

    def attach(self, session: Any) -> None:
        """Show a session, whoever started it. Controls that are locked stay as they are.

        Raises:
            WorkbenchError: a comparison is in progress here.
        """
        if self._busy:
            self.idle("show another run")
        self.session, self.comparison, self._comparing = session, None, None
        self.canvas.reset(session.tasks, name=session.path.name)
        follow(self.pickers, session, self._given, self.choice.locked)
        self._offer_tasks(list(session.tasks))
        self._tell_more(session.spec)
        self.say("")
        self.wake()

    def pause(self) -> None:
        """Pause after the current step, or go on."""
        session = self._running("pause")
        if session.status == "paused":
            session.resume()
        else:
            session.pause()
        self._soon()

    def resume(self) -> None:
        """Go on after a pause."""
        self._running("resume").resume()
        self._soon()

    def step(self, n: int = 1) -> None:
        """Take ``n`` steps, then pause; the first ones of a new run if none is in progress."""
        self._step(n)

    def step_task(self, task: str | None = None) -> None:
        """Take one step for one task alone, then pause. Default: the task chosen beside the button."""
        self._step(1, self.task.value if task is None else task)

    def stop(self) -> None:
        """End the run, or the comparison, after the current step; what there is is kept."""
        if self._comparing is not None and self._busy:
            self._comparing.stop()
        else:
            self._running("stop").stop()
        self._soon()

    def reset(self) -> None:
        """Back to before the first step: curves emptied, controls as they are.

        A run in progress is stopped first, after its current step; every run stays in its folder.
        """
        if self._busy:
            self._may("reset")
        elif self.session is not None:
            self._leaving = self.session
            if self.alive:
                self.session.stop()
            self._soon()

    def set(self, lr: float | None = None, weights: dict[str, float] | None = None) -> None:
        """Change the learning rate or task weights of the run in progress."""
        self._running("change").set(lr=lr, weights=weights)
        self._soon()

    def branch(self, step: int | None = None) -> None:
        """Train the run shown again up to a step, then on with the learning rate and task weights of the sliders.

        Args:
            step: updates that stay as they were; default: where the slider "step" above the curves stands.

        Raises:
            WorkbenchError: no run, or a deleted one, a slider at its end, or a step that the run has not reached.
        """
        if self.session is None:
            raise WorkbenchError("There is no run to branch from: press Start, or open one under Runs.")
        if not self._may("start another"):
            return
        self._check_kept()
        at = self.canvas.at if step is None else step
        if at < 0:
            raise WorkbenchError("Where should it branch? Move the slider above the curves back to that step.")
        settable = component("weighting", self.session.spec.chosen("weighting")[0]).steerable  # type: ignore[attr-defined]
        lr, weights = self.pickers.lr, self.pickers.weights.values
        self.attach(start_branch(self.session.run, at, lr=lr, weights=weights if settable else None))
        self.pickers.show(lr, weights)  # a locked one among them has not moved

    def compare(self) -> None:
        """Train one model per task, and equal weighting, in the background, then show the comparison below the curves.

        They train as long as the spec says, also where the run was stopped before. Stop ends the comparison.

        Raises:
            WorkbenchError: there is no finished run, or it was deleted.
        """
        if self._busy:
            self._may("compare again")
            return
        if self.session is None or self.session.status not in ("done", "stopped"):
            raise WorkbenchError(
                "There is no finished run to compare: press Start, and wait for its end or press Stop."
            )
        self._check_kept()
        self.say(announced(self.session))
        self._comparing = Comparing(self.session.run, self._soon)
        self.wake()

    def wait(self) -> Any:
        """Wait for the end of the run and of a comparison; the Run.

        Raises:
            WorkbenchError: nothing was started, or the run failed.
        """
        if self.session is None:
            raise WorkbenchError("There is nothing to wait for: press Start or call panel.start().")
        run = self.session.wait()
        if self._comparing is not None:
            self._comparing.wait()
        if self._ticker is not None:
            self._ticker.join()
        return run

    def say(self, sentence: str, alarm: bool = False, passing: bool = False) -> None:
        """Show a sentence below the state line.

        Args:
            alarm: it is an error.
            passing: it is about what is in progress, and goes when that ends.
        """
        self._said = Said(sentence, alarm, passing)
        self._soon()

    def fail(self, error: BaseException) -> None:
        """Show and record an exception; nothing else is lost."""
        self.errors.append(error)
        self.say(as_sentence(error), alarm=True)

    def close(self) -> None:
        """Stop what runs and take the widgets away."""
        if self.alive:
            self.session.stop()
            self.session.over.wait()
        if self._comparing is not None:
            self._comparing.stop()
            self._comparing.wait()
        if self._ticker is not None:
            self._ticker.join()
        if self._shell is not None:
            self._shell.events.unregister("post_run_cell", self._cell_ran)
            self._shell = None
        self.canvas.close()
        for section in self.sections.values():
            section.close()
        self.more.close()
        self.labels.close()
        self.widget.close()

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.widget._repr_mimebundle_(**options)

    def __repr__(self) -> str:
        status = "not started" if self.session is None else self.session.status
        return f"<workbench panel, {status}>"

    # ------------------------------------------------------------------ what the widgets show

    def refresh(self) -> bool:
        """Bring every widget up to date; whether there will be more to show.

        Called by the ticker while something runs, and by whoever changed something while nothing does.
        """
        with self._lock:
            if self._leaving is not None and self._leaving.over.is_set():
                self._leave()
            session, busy = self.session, self._busy
            alive = self.alive  # before drawing: what comes later is drawn next time
            if alive and session.status == "running" and self.presence.gone:
                session.pause()
                self._said = Said("Paused, since no page shows this panel any more.", passing=True)
            if session is not None:
                self.canvas.busy = alive and session.status == "running"
                self.canvas.draw(session.history, metrics=session.metrics)
                if not alive and self._over is not session:
                    self._over = session
                    self._end()
            history = None if session is None else session.history
            more = any([section.update(session) for section in self.sections.values()])
            if self._comparing is not None and not busy:
                self._show_comparison(self._comparing)
            elif self._comparing is not None and self._comparing.stopped:
                self._comparing.stop()  # a run that was being made ready the last time
            self.state.tell(session, self._comparing if busy else None)
            told = "" if history is None else sentence(history.effects, session.tasks)
            self.effect.value = f'<span role="status">{escape(told)}</span>'
            self.note.value = self._said.html
            self.table.value = "" if self.comparison is None else self.comparison._repr_html_()
            self._enable(alive, busy)
            return alive or busy or more

    @property
    def _busy(self) -> bool:
        return self._comparing is not None and not self._comparing.over.is_set()

    def wake(self) -> None:
        """Bring the widgets up to date soon, in the thread that writes them."""
        if not (self._ticker is not None and self._ticker.wake()):
            self._ticker = Ticker(guarded_tick(self)).start()

    def _soon(self) -> None:
        """Show a change: through the ticker while it runs, at once otherwise."""
        if not (self._ticker is not None and self._ticker.wake()) and self.refresh():
            self.wake()

    def _leave(self) -> None:
        """Forget the run that is over, as Reset asks; unless another one is shown by now."""
        left, self._leaving = self._leaving, None
        if left is not self.session:
            return
        if left.failure is not None and self._over is not left:
            self.errors.append(left.failure)
        self.session = self.comparison = None
        self.canvas.reset(self.task.options)
        self._said = Said(f"The last run stays in {left.path}." if holds_run(left.path) else "")

    def _end(self) -> None:
        """Once, when a run is over: keep its curves in the notebook; a run that failed is an error of this panel."""
        self.canvas.keep()
        if self.session.failure is not None:
            self.errors.append(self.session.failure)
        if self.session.status == "failed":
            self._said = Said(self.session.error, alarm=True)
        elif self._said.passing:
            self._said = Said()

    def _show_comparison(self, comparing: Comparing) -> None:
        self._comparing = None
        if comparing.stopped:
            self._said = Said("The comparison was stopped; this run is as it was, the others stay under Runs.")
        elif comparing.failure is not None:
            self.errors.append(comparing.failure)
            self._said = Said(as_sentence(comparing.failure), alarm=True)
        else:
            self.comparison = comparing.comparison
            self._said = Said()

    def _enable(self, alive: bool, busy: bool) -> None:
        status = "" if self.session is None else self.session.status
        steerable = alive and self.session.weights_settable
        if alive:
            reason = "" if steerable else self._own_weights(self.session.spec.chosen("weighting")[0])
        elif self.pickers.weights_are_settings:
            reason = ""
        else:
            name = self.pickers.pickers["weighting"].name
            moved = getattr(component("weighting", name), "steerable", False)
            reason = "may be moved while it trains" if moved else self._own_weights(name)
        if "weights" in self.choice.locked:
            reason = "locked"
        shown = (status, alive, busy, reason)
        if shown == self._shown:
            return
        self._shown = shown
        self.buttons["start"].disabled = alive or busy
        self.buttons["pause"].description = "Resume" if status == "paused" else "Pause"
        self.buttons["pause"].disabled = not alive
        self.buttons["stop"].disabled = not (alive or busy)
        self.buttons["reset"].disabled = busy or self.session is None
        for each in (self.buttons["step"], self.buttons["step_task"], self.task):
            each.disabled = busy
        self.buttons["compare"].disabled = busy or status not in ("done", "stopped")
        self.buttons["branch"].disabled = alive or busy or self.session is None
        locked = self.choice.locked
        for family, picker in self.pickers.pickers.items():
            picker.disable(alive or family in locked)
        self.preset.widget.disabled = alive or bool(locked)  # a preset would move what is locked
        self.pickers.tasks.disable(alive or "tasks" in locked)
        for name, field in self.pickers.fields.items():
            field.widget.disabled = name in locked or (alive and name != "lr")
        self.pickers.weights.disable(reason)

    @staticmethod
    def _own_weights(weighting: str) -> str:
        return f"weighting {weighting} computes them itself"

    # ------------------------------------------------------------------ what persons do

    def _may(self, what: str) -> bool:
        """Whether nothing is in progress; if something is, it says why that has to wait."""
        try:
            self.idle(what)
        except WorkbenchError as error:
            self.say(str(error), passing=True)
            return False
        return True

    def _check_kept(self) -> None:
        """Make sure that the run shown is still in its folder.

        Raises:
            WorkbenchError: it was deleted.
        """
        if not holds_run(self.session.path):
            raise WorkbenchError(DELETED)

    def _begin(self, paused: bool) -> None:
        spec = self.spec
        self.state.value = "loading data …"
        try:
            self.attach(start(spec, paused=paused))
        except Exception:
            self.refresh()
            raise

    def _step(self, n: int, task: str | None = None) -> None:
        if not self.alive and self._may("start another"):
            check_step(n, task, list(self.task.options))  # before there is a run of which nothing came
            self._begin(paused=True)
        self._running("step").step(n, task)
        self._soon()

    def _running(self, what: str) -> Any:
        if not self.alive:
            raise WorkbenchError(f"There is no run to {what}: press Start.")
        return self.session

    def _check(self) -> None:
        """Say at once what is wrong with the spec as it is now; nothing is an error before Start."""
        faults, spec = "", None
        try:
            spec = self.pickers.spec
            self._offer_tasks(list(self.pickers.tasks.boxes) if spec.tasks is None else spec.tasks)
        except WorkbenchError as error:
            faults = str(error)
        self._tell_more(spec)
        self.pickers.judge()
        self.say(faults, alarm=bool(faults))

    def _preset_chosen(self, spec: Spec) -> None:
        self.pickers.spec = spec
        self._check()

    def _tell_more(self, spec: Spec | None) -> None:
        """What differs from its preset, or in a closed section from its default, must not be overlooked."""
        self.preset.show(spec)
        self.more.note = self.pickers.changed(self.choice.more)

    def _offer_tasks(self, names: list[str]) -> None:
        """Show the tasks where they are named before anything is trained."""
        if list(self.task.options) != names:
            self.task.options = names
            self.task.value = names[0] if names else None
            if self.session is None:
                self.canvas.reset(names)

    def _cell_ran(self, *_: Any) -> None:
        """A cell may have registered a component: the pickers offer it at once."""
        self.pickers.offer()

    def _lr_moved(self) -> None:
        if not self.alive:
            self._check()
        elif self.pickers.lr != self.session.lr:
            self.say("")  # of a number that was refused, perhaps
            self.set(lr=self.pickers.lr)

    def _weights_moved(self) -> None:
        if not self.alive:
            self._check()
        elif self.session.weights_settable:
            self.say("")
            self.set(weights=self.pickers.weights.values)

    # ------------------------------------------------------------------ layout

    def _build(self) -> None:
        self.buttons = {
            "start": self._button("start", "Start", "train what the controls show", once(self.start)),
            "pause": self._button("pause", "Pause", "wait after the current step, or go on", self.pause),
            "step": self._button("step", "Step", "take one step, then wait", self.step),
            "stop": self._button("stop", "Stop", "end the run or the comparison and keep what there is", self.stop),
            "reset": self._button(
                "reset", "Reset", "back to before the first step; the run stays in its folder", self.reset
            ),
            "step_task": self._button(
                "step-task", "Step task", "take one step for this task alone, then wait", self.step_task
            ),
            "compare": self._button(
                "compare", "Compare with single tasks", "train one model per task, then compare", self.compare
            ),
            "branch": self._button(
                "branch",
                "Branch",
                "train again up to the step of the slider, then on with this learning rate and these weights",
                self.branch,
            ),
        }
        self.buttons["start"].button_style = "primary"
        self.task = widgets.Dropdown(tooltip="the task for Step task", layout=widgets.Layout(width="110px"))
        self.task.add_class("wb-step-of")
        self.state, self.effect, self.note, self.table = StateLine(), *(widgets.HTML() for _ in range(3))
        texts = {"status": self.state, "effect": self.effect, "message": self.note, "comparison": self.table}
        for name, text in texts.items():
            text.add_class(f"wb-{name}")
        hidden = self.choice.hidden
        bar = [self.buttons[name] for name in ("start", "pause", "step", "stop", "reset") if name not in hidden]
        if "step_task" not in hidden:
            bar += [self.buttons["step_task"], self.task]
        bar += [self.buttons[name] for name in ("compare", "branch") if name not in hidden]
        parts = {"preset": self.preset.widget, **self.pickers.parts}
        first, more = self.choice.first, self.choice.more
        shown = [parts[name] for name in first]
        if more:
            shown += [self.more, self.more.below([parts[name] for name in more])]
        controls = widgets.VBox(shown)
        controls.add_class("wb-controls")
        pictures = widgets.VBox([self.canvas])
        pictures.add_class("wb-pictures")
        buttons = widgets.HBox(bar, layout=widgets.Layout(flex_flow="row wrap"))
        main = widgets.Box([controls, pictures] if controls.children else [pictures])
        main.add_class("wb-main")
        below = [*(section.view for section in self.sections.values()), self.table]
        self.labels = Labels()
        self.widget = widgets.VBox([buttons, self.state, self.effect, self.note, main, *below, self.labels])
        self.widget.add_class("wb-panel")

    def _button(self, name: str, text: str, tooltip: str, action: Callable[[], object]) -> Any:
        button = widgets.Button(description=text, tooltip=tooltip, layout=widgets.Layout(width="auto"))
        button.add_class(f"wb-{name}")
        button.on_click(guarded(self, action))
        return button


def guarded_tick(panel: Panel) -> Callable[[], bool]:
    """``panel.refresh`` for the ticker: an exception is recorded before it ends the thread."""

    def tick() -> bool:
        try:
            return panel.refresh()
        except Exception as error:
            panel.errors.append(error)
            raise

    return tick
