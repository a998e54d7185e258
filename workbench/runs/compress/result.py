"""A smaller model, what it costs each task, and its files."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors.torch import load_file, save
from torch import Tensor, nn

from workbench.component import WorkbenchError
from workbench.files import make_folder
from workbench.runs.compress.base import plain
from workbench.runs.compress.int8 import quantised
from workbench.runs.compress.measure import table
from workbench.runs.compress.prune import packed, unpacked
from workbench.runs.folder import unwritable, write_atomically
from workbench.spec import Spec

if TYPE_CHECKING:
    import pandas as pd

    from workbench.plots import Figure
    from workbench.problems.base import Data

#: number of the layout of a saved model
FORMAT = 1


class Compressed:
    """A smaller model beside the one it was made from.

    Attributes:
        name: what was done, in a few words; may be changed.
        method: ``int8``, ``prune`` or ``distil``.
        frame: a row per model (``original``, and this one) and task: its ``metric`` on ``test``, ``gain`` (the change
            of it, above 0 is better), ``parameters`` (zeros of pruned weights left out), ``bytes`` on disk, and
            milliseconds per call on this machine, ``ms1_p50``, ``ms1_p95`` (one example) and ``ms256_p50``,
            ``ms256_p95``.
        sensitivity: for a pruned model a row per layer and task: its metric on validation ``before`` and ``after`` only
            this layer was pruned, and the ``gain``; else None.
        history: for a student its metrics on validation by epoch; else None.
        model: the module, on the CPU.
        original: the module that it was made from, and its data; None where it was read from files.
        spec: from which its module is built.
        notes: what to keep in mind.
    """

    def __init__(
        self,
        name: str,
        method: str,
        model: nn.Module,
        data: "Data",
        spec: Spec,
        answers: Mapping[str, Any],
        frame: "pd.DataFrame",
        notes: list[str],
    ) -> None:
        self.name, self.method, self.model, self.spec = name, method, model, spec
        self.frame, self.notes = frame, notes
        self.sensitivity: pd.DataFrame | None = None
        self.history: pd.DataFrame | None = None
        self.original: tuple[nn.Module, Data] | None = None
        self._data, self._answers = data, answers

    def predict(self, views: Any = None, names: bool | None = None) -> dict[str, Any]:
        """Predictions per task; takes and gives the same as ``Run.predict``."""
        from workbench.runs.predict import predict

        return predict(self.model, self._data, self._answers, views, names)

    def export_model(self, path: str | Path) -> Path:
        """Write it as ``.pt2`` or ``.onnx``, as ``Run.export_model`` does."""
        from workbench.runs.export_model import export_model

        return export_model(self.model, self._data, self._answers, path)

    def beside(self, *others: "Compressed") -> "pd.DataFrame":
        """The frame of several smaller models of one run, the waiting time measured anew, all of them in turns.

        Times of different frames were taken at different moments, so this is the way to compare them;
        ``wb.plots.compression`` draws it. The original comes first where it is at hand (files do not hold it).

        Raises:
            WorkbenchError: two of the same name, or of other tasks.
        """
        all_of_them = [self, *others]
        names = [made.name for made in all_of_them]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise WorkbenchError(f"More than one of the models is called {twice[0]!r}; set the name of one.")
        if any(made._data.names != self._data.names for made in others):
            raise WorkbenchError(f"The models should all have the tasks {', '.join(self._data.names)}.")
        models = {} if self.original is None else {"original": self.original}
        models |= {made.name: (made.model, made._data) for made in all_of_them}
        rows = [row for made in all_of_them for row in made.frame.to_dict("records")]
        facts = {row["model"]: {key: row[key] for key in ("parameters", "bytes")} for row in reversed(rows)}
        return table(models, facts, self._answers)

    # ------------------------------------------------------------------ files

    def save(self, folder: str | Path) -> Path:
        """Write ``model.safetensors``, ``spec.json`` and ``compressed.json``, and give the folder.

        Raises:
            WorkbenchError: the folder cannot be written, or is a file.
        """
        folder = Path(folder)
        if folder.exists() and not folder.is_dir():
            raise WorkbenchError(f"{str(folder)!r} is a file; name a folder to save a model into.")
        make_folder(folder)
        about = {
            "format": FORMAT,
            "name": self.name,
            "method": self.method,
            "notes": self.notes,
            "frame": self.frame.to_dict("records"),
        }
        try:
            (folder / "model.safetensors").write_bytes(stored(self.model, self.method))
            write_atomically(folder / "spec.json", self.spec.to_json())
            write_atomically(folder / "compressed.json", json.dumps(about, indent=2))
        except OSError as error:
            raise unwritable(folder, error) from None
        return folder

    @classmethod
    def load(cls, folder: str | Path) -> "Compressed":
        """A model that ``save`` wrote. Sensitivity and history are not in the files.

        Raises:
            WorkbenchError: no such model there, one from a newer workbench, or files that do not belong together.
        """
        import pandas as pd

        from workbench.training.experiment import Experiment

        folder = Path(folder)
        if not (folder / "compressed.json").is_file():
            raise WorkbenchError(f"Folder {str(folder)!r} holds no compressed model (no compressed.json).")
        about = json.loads((folder / "compressed.json").read_text(encoding="utf-8"))
        if about.get("format") != FORMAT:
            raise WorkbenchError(f"Folder {str(folder)!r} has layout {about.get('format')!r}; this reads {FORMAT}.")
        spec = Spec.from_json((folder / "spec.json").read_text(encoding="utf-8"))
        exp = Experiment(spec.replace(device="cpu"))
        model = quantised(exp.model)[0] if about["method"] == "int8" else exp.model.eval()
        state = unpacked(load_file(folder / "model.safetensors"), model.state_dict())
        try:
            model.load_state_dict(state)
        except RuntimeError:
            raise WorkbenchError(f"Folder {str(folder)!r}: model.safetensors does not fit spec.json.") from None
        frame = pd.DataFrame(about["frame"])
        return cls(about["name"], about["method"], model, exp.data, spec, exp.answers, frame, about["notes"])

    # ------------------------------------------------------------------ pictures

    def figure(self, x: str = "bytes") -> "Figure":
        """The metric of every task against what the models cost.

        Args:
            x: ``bytes``, ``parameters``, ``ms1_p50`` or ``ms256_p50``.
        """
        from workbench.plots import compression

        return compression(self.frame, x)

    def sensitivity_figure(self) -> "Figure":
        """What every task loses where only one layer is pruned.

        Raises:
            WorkbenchError: it was not measured.
        """
        from workbench.plots import sensitivity

        if self.sensitivity is None:
            raise WorkbenchError(f"No sensitivity was measured with {self.method!r}; 'prune' measures it.")
        return sensitivity(self.sensitivity)

    def __repr__(self) -> str:
        return "\n".join([self.frame.to_string(index=False, float_format="{:.3f}".format), *self.notes])

    def _repr_html_(self) -> str:
        from html import escape

        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        return self.frame.to_html(index=False, float_format="{:.3f}".format, na_rep="–") + f"<ul>{notes}</ul>"


def stored(model: nn.Module, method: str) -> bytes:
    """The file that holds a model."""
    state: dict[str, Tensor] = plain(model.state_dict())
    return save(packed(state) if method == "prune" else state)
