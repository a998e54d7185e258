"""Execute a notebook headless, through papermill."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from workbench.component import WorkbenchError
from workbench.notebooks.parameters import convert, declared

__all__ = ["Executed", "execute"]


@dataclass(frozen=True)
class Executed:
    """An executed notebook.

    Attributes:
        path: the notebook with its outputs.
        faults: what went wrong in it, one sentence each; empty when all went well.
        page: the self-contained page, if one was asked for.
    """

    path: Path
    faults: list[str]
    page: Path | None


def execute(
    path: str | os.PathLike[str],
    texts: Mapping[str, str] | None = None,
    *,
    out: str | os.PathLike[str] | None = None,
    html: bool = False,
    progress: bool = True,
) -> Executed:
    """Execute a notebook in a fresh kernel, in its own folder, and keep it with its outputs.

    Parameters are checked before the kernel starts. The kernel is told not to build live widgets
    (``WORKBENCH_LIVE=0``) and to put its runs into ``out`` (``WORKBENCH_RUNS``). Errors in cells, in widget callbacks,
    inside ``Output`` widgets and in threads are faults, and so is a thread still at work after the last cell.

    Args:
        path: the notebook.
        texts: parameter name -> text, as on a command line; read as the type of the parameter's default.
        out: the folder for the executed notebook; by default ``WORKBENCH_RUNS``, else ``./runs``.
        html: also write one page that needs no network.
        progress: show papermill's bar on standard error.

    Raises:
        WorkbenchError: no notebook, unknown parameters, wrong types, a folder that cannot be written.
    """
    path = Path(path)
    values = check(path, texts or {})
    folder = Path(out or os.environ.get("WORKBENCH_RUNS") or "runs").absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        target = _unused(folder, path.stem)
        faults = _run(path.absolute(), target, values, folder, progress)
        page = _write_page(target) if html else None
    except OSError as error:
        raise WorkbenchError(f"Cannot write to {str(folder)!r}: {error.strerror or error}.") from None
    return Executed(target, faults, page)


def check(path: Path, texts: Mapping[str, str]) -> dict[str, Any]:
    """The values of a notebook's parameters, before any kernel starts.

    Raises:
        WorkbenchError: no notebook, unknown parameters, wrong types.
    """
    return convert(texts, declared(_read(path), path.name), path.name)


def _read(path: Path) -> Any:
    import nbformat

    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text)
        if not (isinstance(content, dict) and "nbformat" in content):
            raise ValueError
        notebook = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook, relax_add_props=True)
    except (ValueError, nbformat.ValidationError):  # no UTF-8, no JSON, another JSON, another format
        raise WorkbenchError(f"{str(path)!r} is no notebook.") from None
    return notebook


def _unused(folder: Path, stem: str) -> Path:
    """A name with the time in it that nothing has yet; a file with a dot before it keeps it for this process."""
    base = f"{stem}-{datetime.now(timezone.utc):%Y%m%dT%H%M%SZ}"
    for name in (base, *(f"{base}-{number}" for number in range(2, 1000))):
        target = folder / f"{name}.ipynb"
        if target.exists():
            continue
        try:
            _partial(target).touch(exist_ok=False)
        except FileExistsError:
            continue
        return target
    raise WorkbenchError(f"{str(folder)!r} holds a thousand executions of this second; choose another folder.")


def _partial(target: Path) -> Path:
    """Where papermill saves after every cell; the real name means finished."""
    return target.with_name(f".{target.name}")


def _run(path: Path, target: Path, values: dict[str, Any], store: Path, progress: bool) -> list[str]:
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    from workbench.notebooks.engine import ENGINE, Guard

    guard = Guard()
    partial = _partial(target)
    try:
        papermill.execute_notebook(
            str(path),
            str(partial),
            parameters=values,
            engine_name=ENGINE,
            kernel_name="python3",
            language="python",
            progress_bar=progress,
            cwd=str(path.parent),
            guard=guard,
            env={**os.environ, "WORKBENCH_LIVE": "0", "WORKBENCH_RUNS": str(store)},
        )
    except PapermillExecutionError:
        pass  # the guard has it, and knows the cells that may raise
    except DeadKernelError:
        guard.faults.append("the kernel died: out of memory, or a crash in compiled code")
    finally:  # an interrupted notebook keeps what there is
        if partial.stat().st_size:
            _finish(partial, target, failed=bool(guard.faults))
        else:
            partial.unlink()
    return guard.faults


def _finish(partial: Path, target: Path, failed: bool) -> None:
    import nbformat
    from nbconvert.preprocessors import CoalesceStreamsPreprocessor
    from papermill.execute import remove_error_markers

    notebook = nbformat.read(partial, as_version=4)
    CoalesceStreamsPreprocessor(enabled=True).preprocess(notebook, {})  # a progress bar as it looked at the end
    notebook.metadata.papermill.update(input_path=None, output_path=target.name)
    nbformat.write(notebook if failed else remove_error_markers(notebook), partial)
    os.replace(partial, target)


def _write_page(target: Path) -> Path:
    from workbench.notebooks.page import page_of

    page = target.with_suffix(".html")
    partial = page.with_name(f".{page.name}")
    partial.write_text(page_of(target), encoding="utf-8")
    os.replace(partial, page)
    return page
