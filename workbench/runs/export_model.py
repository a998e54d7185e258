"""A model as one file that runs without the workbench: ``torch.export`` or ONNX."""

import io
import json
import logging
import os
import re
import tempfile
import warnings
from collections.abc import Callable, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from workbench.component import WorkbenchError, one_of
from workbench.tasks.mixing import READ

if TYPE_CHECKING:
    from workbench.problems.base import Data
    from workbench.tasks.base import Task

#: what the file must give again: relative and absolute difference from the model
RELATIVE, ABSOLUTE = 1e-3, 1e-4
#: packages that ONNX takes
PACKAGES = ("onnx", "onnxruntime", "onnxscript")

Views = dict[str, Tensor]


class Answers(nn.Module):
    """A model that answers as one reads it: probabilities, or values in the unit of the raw target; a task a name."""

    def __init__(self, model: nn.Module, tasks: "list[Task]") -> None:
        super().__init__()
        self.model = model
        self.known = tasks

    def forward(self, views: Views) -> Views:
        found = self.model(views)
        return {task.name: _read(task, found[task.name]) for task in self.known}


def export_model(model: nn.Module, data: "Data", answers: Mapping[str, Any], path: str | os.PathLike[str]) -> Path:
    """Write a model, read the file again, and compare; see ``Run.export_model``.

    Args:
        model: on the CPU, in evaluation mode.
        data: what it was trained on.
        answers: linear models that answer in its place, by task; there may be none.
        path: the ending decides.

    Raises:
        WorkbenchError: see ``Run.export_model``.
    """
    path = Path(path)
    _check(data, answers, path)
    views, _ = data.batch(data.splits["test"][:3])
    said = Answers(model, data.tasks).eval()
    with torch.no_grad():
        found = model(views)
        loose = [name for name, output in found.items() if not isinstance(output, Tensor)]
        if loose:
            raise WorkbenchError(
                f"Task {loose[0]!r} ({data.tasks[data.names.index(loose[0])].kind}) gives more than a tensor, so its "
                "model cannot be exported; leave the task out."
            )
        try:
            program = _program(said, views)
        except Exception as error:
            raise WorkbenchError(f"This model cannot be exported: {_first(error)}") from error
    draft = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        again = FORMATS[path.suffix](program, views, data, draft)
        _compare(said, again, views, path)
        os.replace(draft, path)
    except WorkbenchError:
        raise
    except OSError as error:
        raise WorkbenchError(f"{str(path)!r} cannot be written: {error.strerror or error}.") from None
    except Exception as error:
        raise WorkbenchError(f"This model cannot be exported as {path.suffix}: {_first(error)}") from error
    finally:
        draft.unlink(missing_ok=True)
    return path


def _check(data: "Data", answers: Mapping[str, Any], path: Path) -> None:
    """Refuse what cannot be exported before anything is computed."""
    if path.suffix not in FORMATS:
        raise WorkbenchError(
            f"A model is exported as .pt2 or .onnx, found {path.name!r}: {one_of(path.suffix, FORMATS)}."
        )
    if not path.parent.is_dir():
        raise WorkbenchError(f"There is no folder {str(path.parent)!r} to write {path.name!r} into.")
    missing = [name for name in PACKAGES if find_spec(name) is None] if path.suffix == ".onnx" else []
    if missing:
        raise WorkbenchError(
            f"Exporting to ONNX needs {', '.join(missing)}: install mtl-workbench[onnx], or export to .pt2."
        )
    if data.codecs:
        raise WorkbenchError(
            f"The view {next(iter(data.codecs))!r} is a text, and how its words become numbers cannot be exported; "
            "run.predict takes texts."
        )
    if answers:
        raise WorkbenchError(
            f"Task {next(iter(answers))!r} is answered by a linear model in place of the network, which cannot be "
            "exported; leave the task out."
        )


def _program(said: Answers, views: Views) -> Any:
    """The model as a graph whose batch size is free; ``_compare`` finds out where it is not."""
    free = {name: {0: torch.export.Dim.AUTO} for name in views}
    with _quiet():
        return torch.export.export(said, (views,), dynamic_shapes=(free,), strict=False)


def _to_pt2(program: Any, views: Views, data: "Data", file: Path) -> Callable[[Views], Views]:
    about = {"tasks.json": _about(data)}
    with _quiet(), tempfile.TemporaryDirectory() as folder:  # torch asks for the ending .pt2, and a draft has it
        draft = Path(folder) / "model.pt2"
        torch.export.save(program, draft, extra_files=about)
        file.write_bytes(draft.read_bytes())
        return torch.export.load(draft).module()


def _to_onnx(program: Any, views: Views, data: "Data", file: Path) -> Callable[[Views], Views]:
    import onnxruntime

    with _quiet():
        made: Any = torch.onnx.export(
            program, (views,), dynamo=True, verbose=False, input_names=list(views), output_names=data.names
        )
        made.model.metadata_props["tasks"] = _about(data)
        made.save(file)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])

    def call(given: Views) -> Views:
        found = session.run(data.names, {name: x.numpy() for name, x in given.items()})
        return {name: torch.from_numpy(x) for name, x in zip(data.names, found, strict=True)}

    return call


#: ending -> how it is written; each gives the file as it is read again
FORMATS: dict[str, Callable[[Any, Views, "Data", Path], Callable[[Views], Views]]] = {
    ".pt2": _to_pt2,
    ".onnx": _to_onnx,
}


def _compare(said: Answers, again: Callable[[Views], Views], views: Views, path: Path) -> None:
    """Hold the file to the model, on batches of one and of more than it was made with."""
    for many in (1, 7):
        given = {name: x[torch.arange(many) % len(x)] for name, x in views.items()}
        try:
            with torch.no_grad():
                wanted, found = said(given), again(given)
        except Exception as error:
            raise WorkbenchError(f"This model cannot be exported for any batch size: {_first(error)}") from error
        for task, value in wanted.items():
            if not torch.allclose(found[task].to(value.dtype), value, rtol=RELATIVE, atol=ABSOLUTE):
                raise WorkbenchError(
                    f"{path.name!r} was not written: for task {task!r} it gave other numbers than the model."
                )


def _read(task: "Task", output: Tensor) -> Tensor:
    """Probabilities where the task tells classes or labels, else what it predicts."""
    return task.predict(output) if task.averages == "values" else READ[task.averages](output)


def _first(error: Exception) -> str:
    """The first line of a fault, without colours."""
    line = re.sub(r"\x1b\[\d+m", "", str(error)).strip().splitlines() or [""]
    return f"{type(error).__name__}: {line[0][:200]}"


def _about(data: "Data") -> str:
    """What is to be known about the tasks, as JSON."""
    return json.dumps({task.name: task.describe() for task in data.tasks})


@contextmanager
def _quiet():  # type: ignore[no-untyped-def]
    """Without the exporters' own warnings and listings; what matters is raised."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stderr(io.StringIO()), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
