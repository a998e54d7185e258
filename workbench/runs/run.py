"""What a spec produced."""

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.component import WorkbenchError, one_of, short
from workbench.runs import keeping
from workbench.runs.affinity import Affinity
from workbench.runs.folder import RunFolder
from workbench.runs.history import GradientsAt, History
from workbench.runs.methods_now import gramian, methods_now
from workbench.runs.steering import plain
from workbench.spec import Spec
from workbench.texts import python

#: the notebook that does a run again
REPLAY = "notebooks/01_replay.ipynb"

if TYPE_CHECKING:
    import pandas as pd

    from workbench.fusions.model import Model
    from workbench.plots import Figure
    from workbench.runs.session import Session


class Run:
    """What a spec produced: history, summary, checkpoints; readable while it trains, and from its folder for ever.

    Args:
        path: the run folder.
        session: the session that trains it, while this process has it.

    Raises:
        WorkbenchError: no run there, or one from another version.
    """

    def __init__(self, path: Path, session: "Session | None" = None) -> None:
        self.path = Path(path)
        self.folder = RunFolder.find(self.path)
        self.spec: Spec = session.spec if session else self.folder.spec()
        self._session = session
        self._records: History | None = None

    # ------------------------------------------------------------------ numbers

    @property
    def summary(self) -> dict[str, Any]:
        """The result: status, metrics per task on validation and test, steps, seconds, parameters, ….

        ``delta_m`` is filled where the single-task baseline of this spec lies in the same store. While the run goes on
        only ``status``, ``steps`` and ``seconds`` are there.
        """
        found = self.folder.summary()
        if found is None:
            session = self._session
            status = session.status if session else self.folder.unfinished()
            steps = session.step_number if session else self.records.last_step
            return {"status": status, "steps": steps, "seconds": session.seconds if session else None}
        if found["delta_m"] is None:
            from workbench.runs.baseline import delta_against_baseline

            found["delta_m"] = delta_against_baseline(self, found)
        return found

    @property
    def records(self) -> History:
        """Everything that was recorded, as curves that grow while it trains; ``history`` is the same as a table."""
        if self._session is not None:
            return self._session.history
        if self._records is None:
            self._records = History(self.folder.records())
        return self._records

    @property
    def history(self) -> "pd.DataFrame":
        """Everything that was recorded, tidy: step, epoch, split, task, quantity, value."""
        import pandas as pd

        stored = self.path / "history.parquet"
        if self._session is None and stored.is_file():
            return pd.read_parquet(stored)
        return self.records.frame()

    @property
    def steering(self) -> list[dict[str, Any]]:
        """What was done to it while it trained and changed its numbers, as ``wb.train(spec, steering=…)`` takes it.

        A command holds the ``step`` after which it came, ``command`` (``set``, ``step`` or ``stop``) and its values.
        """
        return plain(self.folder.commands())

    @property
    def tasks(self) -> list[str]:
        """Names of the tasks."""
        return list(self.records.tasks)

    @property
    def affinity(self) -> Affinity:
        """The affinity measured while it trained: its mean, its spread, and every single map.

        Its ``cost`` counts one backward pass per task and map, also where the weighting took them anyway.

        Raises:
            WorkbenchError: none was measured.
        """
        found, measure = self.records, self.spec.build("affinity") if self.spec.affinity else None
        facts: dict[str, Any] = {}
        if measure is not None:
            cost = len(found.affinities) * measure.cost(len(found.tasks))
            facts = {"cost": cost, "symmetric": measure.symmetric, "limit": measure.limit}
        return Affinity.from_maps(found.affinities, self.tasks, found.method, found.layers, **facts)

    @property
    def effects(self) -> "pd.DataFrame":
        """What every step for one task alone (``session.step(task=…)``) did to the losses of all on its batch.

        Columns ``step``, ``from`` (the task of the step), ``to``, ``before``, ``after`` and ``change``,
        ``1 − after / before``: above 0 the step helped. With ``optimizer="sgd"`` that is the lookahead affinity, except
        from a task to itself, where its own parameters have moved, too. Empty where no such step was taken.
        """
        import pandas as pd

        rows = [
            (found.step, found.task, to, before, after, 1 - after / before if before else float("nan"))
            for found in self.records.effects
            for to, before, after in zip(self.tasks, found.before, found.after, strict=True)
        ]
        return pd.DataFrame(rows, columns=["step", "from", "to", "before", "after", "change"])

    def gramian(self, step: int | None = None) -> GradientsAt:
        """Gramian of the task gradients, losses and weights of the last step at which a map was measured.

        Args:
            step: of the last such step up to this one.

        Raises:
            WorkbenchError: none was recorded.
        """
        return gramian(self.records, step)

    def methods_now(self, step: int | None = None) -> "pd.DataFrame":
        """What every method would do with that Gramian and those losses: ``wb.weightings.compare`` of them.

        The first rows, ``this run``, are the weights that the run applied. ``wb.plots.methods_now`` draws it.

        Args:
            step: as for ``gramian``.

        Raises:
            WorkbenchError: none was recorded.
        """
        return methods_now(self.records, step)

    def gates(self, name: str | None = None) -> "pd.DataFrame":
        """What the fusion showed of itself at each validation: gate values, mixing coefficients, attention.

        ``wb.plots.gates`` draws it.

        Args:
            name: of one table; None: all.

        Returns:
            Columns ``step``, ``epoch``, ``name`` (of the table), ``row`` (a task where possible), ``column``, ``value``
            (NaN where a row does not have the column).

        Raises:
            WorkbenchError: the fusion shows nothing, or no such table.
        """
        names = list(dict.fromkeys(found.name for found in self.records.inspections))
        if not names:
            raise WorkbenchError(f"Fusion {self.spec.chosen('fusion')[0]!r} shows nothing of itself in this run.")
        if name is not None and name not in names:
            raise WorkbenchError(f"This run has no table {name!r}: {one_of(name, names)}.")
        return self.records.gates(name)

    # ------------------------------------------------------------------ the model

    def model(self) -> "Model":
        """The selected model, on the CPU, in evaluation mode.

        A task that the schedule left out is in it, untrained; ``predict`` asks the linear model that answers for it.

        Raises:
            WorkbenchError: the run is not over, so no model was selected.
        """
        return self.rebuilt()[0]

    def predict(self, views: Any = None, names: bool | None = None) -> dict[str, Any]:
        """Predictions of the selected model, per task: tensors in the numbers of the raw targets, or lists of names.

        Args:
            views: name -> tensor ``[batch, ...]`` (or one tensor, where the problem has one view), as the problem's
                data hold them; for texts, strings or lists of words; for a table, a DataFrame with its columns; None:
                the test split.
            names: names of classes and tags, and words, instead of their numbers; None: where texts are given.

        Raises:
            WorkbenchError: a view that is missing or has another shape, columns that do not fit, a text without words.
        """
        from workbench.runs.predict import predict

        return predict(*self.rebuilt(), views, names)

    def attention(self, texts: Any) -> "dict[str, list[pd.DataFrame]]":
        """Which words of a text each task that writes looked at while it wrote.

        Args:
            texts: strings or lists of words, or one string.

        Returns:
            task -> per text a frame with a row per word written and a column per word read; rows have sum 1.

        Raises:
            WorkbenchError: no task of the run writes, or a text without words.
        """
        import pandas as pd

        from workbench.training.evaluate import outputs

        model, data, _ = self.rebuilt()
        writers = [task for task in data.tasks if hasattr(task, "attention")]
        if not writers or not data.codecs:
            raise WorkbenchError(f"No task of this run writes a text: {', '.join(data.names)}.")
        view = next(iter(data.codecs))
        found = outputs(model, {view: data.from_texts(view, texts)})
        rows = [texts] if isinstance(texts, str) else texts
        read = [data.cuts[view](row) if isinstance(row, str) else list(row) for row in rows]
        return {
            task.name: [
                pd.DataFrame(weights.numpy(), index=words, columns=columns)
                for (words, weights), columns in zip(task.attention(found[task.name]), read, strict=True)
            ]
            for task in writers
        }

    def rebuilt(self) -> tuple["Model", Any, Any]:
        """The selected model, the data, and the linear models that answer for tasks that were left out."""
        from safetensors.torch import load_file

        from workbench.training.experiment import Experiment

        path = self.path / "checkpoint" / "model.safetensors"
        if not path.is_file():
            raise WorkbenchError(
                f"Run {self.path.name!r} is not over, so no model was selected; wait for it or stop it."
            )
        exp = Experiment(self.spec.replace(device="cpu"))
        exp.model.load_state_dict(load_file(path))
        return exp.model.eval(), exp.data, exp.answers

    # ------------------------------------------------------------------ taking it away

    def to_python(self) -> str:
        """Python code that trains the run's spec again, with the same steering at the same steps."""
        return python(self.spec.to_dict(defaults=False), self.steering)

    def notebook_command(self, notebook: str = REPLAY) -> str:
        """The shell line that does the run again in a notebook without a browser, with the same steering.

        Args:
            notebook: one with the parameters ``share`` and ``steering``.
        """
        return notebook_command(self.spec, self.steering, notebook)

    def export(self, folder: str | Path) -> list[Path]:
        """Write ``history.csv``, ``spec.json``, ``summary.json`` and every figure as a page and as a picture.

        Args:
            folder: made where it is missing; files of these names in it are replaced.

        Returns:
            The files written. A page needs no network. Pictures (PNG) are written where a Chrome is on this machine.

        Raises:
            WorkbenchError: the folder cannot be written, or is a file.
        """
        from workbench.runs.export import export

        return export(self, Path(folder))

    def export_model(self, path: str | Path) -> Path:
        """Write the selected model as one file that runs without the workbench: ``.pt2``, or ``.onnx``.

        The model takes the views by name, each ``[batch, ...]`` with any batch size, and gives an output per task by
        its name: probabilities (of the classes along the last axis, or of each label), or values in the unit of the raw
        target. Names of classes and units are in the file. It is read again and compared before this returns::

            run.export_model("model.pt2")
            torch.export.load("model.pt2").module()({"image": images})["digit"]

        Args:
            path: the ending decides; ``.onnx`` needs the extra ``onnx``.

        Raises:
            WorkbenchError: a model that reads words or gives more than tensors, a task that a linear model answers,
                another ending, a missing package, a folder that is not there, a run that is not over.
        """
        from workbench.runs.export_model import export_model

        return export_model(*self.rebuilt(), path)

    # ------------------------------------------------------------------ its place in the store

    @property
    def name(self) -> str:
        """The name it was given with ``rename``, else that of its folder."""
        return keeping.notes(self.path)["name"] or self.path.name

    def rename(self, name: str) -> None:
        """Give it a name of your own; an empty one takes it away. Folder, spec and results stay as they are.

        Raises:
            WorkbenchError: a name that is not allowed, or that another run of the store has.
        """
        keeping.write(self.path, name=keeping.check_name(self.path, name))

    def note(self, text: str | None = None) -> str:
        """The note on it, kept beside the results; with a text, write that first (an empty one takes it away).

        Raises:
            WorkbenchError: no text, or the folder cannot be written.
        """
        if text is not None and not isinstance(text, str):
            raise WorkbenchError(f"A note is a text, found {short(text)}.")
        if text is not None:
            keeping.write(self.path, note=text.strip())
        return keeping.notes(self.path)["note"]

    def delete(self) -> None:
        """Remove its folder from the store, for good.

        Raises:
            WorkbenchError: it is being trained, or its folder is none that the workbench made.
        """
        keeping.delete(self.folder)

    # ------------------------------------------------------------------ pictures

    def figures(self) -> "dict[str, Figure]":
        """The figures there are: ``losses`` and ``weights``; ``affinity`` and ``gates`` where they were measured."""
        from workbench.runs.export import figures

        return figures(self)

    def losses(self) -> "Figure":
        """Training and validation loss of every task."""
        from workbench.plots import losses

        return losses(self.history, self.tasks)

    def weights(self) -> "Figure":
        """The weight of every task in the update of the shared parameters."""
        from workbench.plots import weights

        return weights(self.history, self.tasks)

    def heatmap(self) -> "Figure":
        """The mean affinity map."""
        return self.affinity.heatmap()

    def report(self, path: str | Path | None = None) -> Path:
        """One self-contained page: summary, figures, spec. Returns its path (default: in the run folder)."""
        from workbench.runs.report import report

        return report(self, Path(path) if path else self.path / "report.html")

    def __repr__(self) -> str:
        summary = self.summary
        scores = ", ".join(
            f"{name} {task['metric']} {task['test']:.3f}"
            for name, task in summary.get("tasks", {}).items()
            if task["test"] is not None
        )
        return f"Run {self.path.name}: {summary['status']} after {summary['steps']} steps" + (
            f"; test: {scores}" if scores else ""
        )


def notebook_command(spec: Spec, steering: Sequence[Mapping[str, Any]] = (), notebook: str = REPLAY) -> str:
    """The shell line that trains a spec in a notebook without a browser, steered so; see ``Run.notebook_command``."""
    words = ["workbench", "notebook", notebook, "-p", "share", spec.share()]
    return shlex.join([*words, "-p", "steering", json.dumps(steering)] if steering else words)


def open_run(path: str | Path) -> Run:
    """A run from its folder, finished or interrupted.

    Raises:
        WorkbenchError: no run there, or one from another version.
    """
    return Run(Path(path))
