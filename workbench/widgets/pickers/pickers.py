"""Widgets that edit a Spec, made from the components' own declarations alone."""

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any

from workbench.component import WorkbenchError, component
from workbench.spec import Spec
from workbench.widgets.pickers.controls import control, css_name
from workbench.widgets.pickers.impossible import impossible
from workbench.widgets.pickers.per_task import TaskPicker, WeightSliders
from workbench.widgets.pickers.picker import NONE, Picker, per_task

__all__ = ["Pickers"]

#: the family that the others follow: everything in it may be chosen, or two choices could forbid each other's change
LEADS = "problem"


class Pickers:
    """All widgets that edit a spec, and the spec they show.

    Args:
        spec: what to begin with.
        changed: called after every change a person makes.
        lr_moved, weights_moved: called after those, which also steer a run.
        refused: called with a sentence when a number that a person typed cannot be; everything stays as it was.
    """

    def __init__(
        self,
        spec: Spec,
        changed: Callable[[], None],
        lr_moved: Callable[[], None],
        weights_moved: Callable[[], None],
        refused: Callable[[str], object],
    ) -> None:
        self._changed, self._quiet = changed, False
        self.pickers = {
            family: Picker(
                family, _chosen(spec, family), self._problem_changed if family == "problem" else self._tell, refused
            )
            for family in Spec.families()
        }
        self._judged: dict[str, Any] = {}
        self.tasks = TaskPicker(self._tasks_changed)
        self.weights = WeightSliders(weights_moved, refused)
        declared = Spec.settings()
        self.fields = {
            name: control(setting, getattr(spec, name), "Spec", refused)
            for name, setting in declared.items()
            if name not in self.pickers and name != "tasks"
        }
        for name, each in self.fields.items():
            each.widget.add_class(css_name(name))
            tell = lr_moved if name == "lr" else self._changed
            each.widget.observe(lambda _, tell=tell: None if self._quiet else tell(), "value")
        self.parts: dict[str, Any] = {
            **{family: picker.widget for family, picker in self.pickers.items()},
            **{name: each.widget for name, each in self.fields.items()},
            "tasks": self.tasks.widget,
            "weights": self.weights.widget,
        }
        self._offer_tasks(spec.tasks)
        self._offer_weights(spec.chosen("weighting")[1].get("weights", {}))
        self.judge()

    @property
    def spec(self) -> Spec:
        """The spec as the widgets show it.

        Raises:
            WorkbenchError: every fault of it.
        """
        faults: list[str] = []
        fields = self.shown(faults)
        try:
            made = Spec(**fields)
        except WorkbenchError as error:
            raise WorkbenchError(*faults, *error.faults) from None
        if faults:
            raise WorkbenchError(*faults)
        return made

    @spec.setter
    def spec(self, spec: Spec) -> None:
        self._quiet = True
        try:
            for family, picker in self.pickers.items():
                picker.set(*_chosen(spec, family))
            for name, each in self.fields.items():
                each.value = getattr(spec, name)
            self._offer_tasks(spec.tasks)
            self._offer_weights(spec.chosen("weighting")[1].get("weights", {}))
            self.judge()
        finally:
            self._quiet = False

    def shown(self, faults: list[str]) -> dict[str, Any]:
        """The fields of a spec as the widgets show them; those that cannot be read are left out and add a fault."""
        fields: dict[str, Any] = {family: picker.chosen(faults) for family, picker in self.pickers.items()}
        if self.weights_are_settings:
            fields["weighting"]["weights"] = {
                name: value for name, value in self.weights.values.items() if value != 1.0
            }
        fields["tasks"] = self.tasks.chosen
        if fields["tasks"] == []:
            del fields["tasks"]
            faults.append("Tick at least one task.")
        for name, each in self.fields.items():
            try:
                fields[name] = each.value
            except WorkbenchError as error:
                faults += error.faults
        return fields

    def changed(self, names: Iterable[str]) -> str:
        """Those of these fields that differ from their defaults, as a person reads them: ``optimizer sgd``."""
        shown, declared, found = self.shown([]), Spec.settings(), []
        for name in names:
            if name in self.pickers:
                words = self.pickers[name].words
                different = words != (declared[name].default or NONE)
            else:
                words = str(shown.get(name, "?"))
                different = shown.get(name, "?") != declared[name].default
            found += [f"{name} {words}".replace("_", " ")] if different else []
        return ", ".join(found)

    def offer(self) -> None:
        """List the components that there are now."""
        for picker in self.pickers.values():
            picker.offer()
        self._judged = {}
        self.judge()

    def judge(self) -> None:
        """Grey out what cannot work with the rest, if anything changed."""
        fields = self.shown([])
        if fields == self._judged:
            return
        self._judged = fields
        for family, picker in self.pickers.items():
            if family != LEADS:
                picker.dropdown.impossible = impossible(family, fields)

    @property
    def weights_are_settings(self) -> bool:
        """Whether the chosen weighting takes its weights from the sliders before it starts."""
        chosen = self.pickers["weighting"]
        return any(per_task(setting) for setting in component("weighting", chosen.name).settings().values())

    @property
    def lr(self) -> float:
        """The learning rate shown."""
        return float(self.fields["lr"].value)

    def show(self, lr: float, weights: Mapping[str, float]) -> None:
        """Show values that a run has reached, without telling anybody."""
        self._quiet = True
        try:
            self.fields["lr"].value = lr
            self._offer_weights(weights)
        finally:
            self._quiet = False

    def _tell(self) -> None:
        if not self._quiet:
            self._changed()

    def _problem_changed(self) -> None:
        if not self._quiet:
            self._offer_tasks(None)
            self._offer_weights({})
            self._changed()

    def _tasks_changed(self) -> None:
        if not self._quiet:
            self._offer_weights(self.weights.values)
            self._changed()

    def _offer_tasks(self, chosen: list[str] | None) -> None:
        """Ask the problem for its tasks; one that cannot say yet (a table without a path) says why."""
        faults: list[str] = []
        settings = self.pickers["problem"].chosen(faults) or {}
        name = settings.pop("name")
        if faults:  # half-typed: the tasks stay as they are
            self.tasks.note.value = "<br>".join(map(escape, faults))
            return
        names: list[str] = []
        try:
            names = component("problem", name)(**settings).task_names()  # type: ignore[attr-defined]
        except WorkbenchError as error:
            faults = error.faults
        quiet, self._quiet = self._quiet, True
        try:
            self.tasks.offer(names, chosen)
        finally:
            self._quiet = quiet
        self.tasks.note.value = "<br>".join(map(escape, faults))

    def _offer_weights(self, values: Mapping[str, float]) -> None:
        ticked = self.tasks.chosen
        self.weights.offer(list(self.tasks.boxes) if ticked is None else ticked, values)


def _chosen(spec: Spec, family: str) -> tuple[str, dict[str, Any]]:
    """What a picker shows of a spec."""
    return (NONE, {}) if getattr(spec, family) is None else spec.chosen(family)
