"""The folder of one run: what is in it, written so that a crash leaves it readable."""

import difflib
import json
import os
import platform
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from workbench.component import WorkbenchError
from workbench.spec import Spec
from workbench.training.records import Applied, Record, Step, from_line, to_line
from workbench.training.state import Position, State

#: number of the layout; a folder with a higher one comes from a newer workbench
FORMAT = 1
#: seconds to wait for a lock that somebody may only have looked at
PATIENCE = 0.3
#: bytes of the records read first where only their end is asked for
TAIL = 65_536
#: how alike the name of another run must be to be proposed, from 0 to 1; all begin with a time and so are a little
ALIKE = 0.9


def store_folder(out: str | os.PathLike[str] | None = None) -> Path:
    """Where runs are kept: the argument, else the variable ``WORKBENCH_RUNS``, else ``./runs``."""
    return Path(out or os.environ.get("WORKBENCH_RUNS") or "runs")


def holds_run(path: Path) -> bool:
    """Whether a folder holds a run; one that was deleted does not."""
    return (path / "spec.json").is_file()


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that readers see the old or the new text, never a half."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, path)


class RunFolder:
    """The files of one run.

    ``spec.json``, ``environment.json``, ``records.jsonl`` (one record a line), ``commands.jsonl`` (those that steered),
    ``steering.json`` (the commands it was started with, if any), ``checkpoint/`` (``model.safetensors`` is the selected
    model; ``latest.json`` names the newest state to continue from), ``history.parquet`` and ``summary.json`` (whose
    presence means that the run is over).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._records: Any = None
        self._lock: Any = None

    # ------------------------------------------------------------------ making and opening

    @classmethod
    def create(
        cls, spec: Spec, out: str | os.PathLike[str] | None, script: Iterable[Applied] = (), processes: int = 1
    ) -> "RunFolder":
        """A new folder ``<utc>-<name>-<hash>`` in the store.

        Args:
            script: commands to be taken at their steps, also when the run is interrupted before them and resumed.
            processes: how many train it together.

        Raises:
            WorkbenchError: the store cannot be written.
        """
        name = spec.name or f"{spec.chosen('problem')[0]}-{spec.chosen('weighting')[0]}"
        name = "".join(c if c.isalnum() or c in "-_" else "-" for c in name)
        stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S")
        store = store_folder(out)
        try:
            store.mkdir(parents=True, exist_ok=True)
            for number in range(1, 10_000):
                path = store / (f"{stamp}-{name}-{spec.hash}" + (f"-{number}" if number > 1 else ""))
                try:
                    path.mkdir()
                except FileExistsError:
                    continue
                break
            folder = cls(path)
            write_atomically(path / "spec.json", spec.to_json())
            if planned := [to_line(command) for command in script]:
                write_atomically(path / "steering.json", f"[{', '.join(planned)}]")
            write_atomically(path / "environment.json", json.dumps(environment(processes), indent=2))
        except OSError as error:
            raise unwritable(store, error) from None
        return folder

    @classmethod
    def find(cls, path: str | os.PathLike[str]) -> "RunFolder":
        """An existing run folder.

        Raises:
            WorkbenchError: no such folder (with another one of nearly that name), no run in it, or one from a newer
                workbench.
        """
        path = Path(path)
        if not holds_run(path):
            beside = sorted(p.parent.name for p in path.parent.glob("*/spec.json")) if path.parent.is_dir() else []
            near = difflib.get_close_matches(path.name, beside, n=1, cutoff=ALIKE)
            what = "holds no run (no spec.json)" if path.is_dir() else "does not exist"
            hint = f"; did you mean {near[0]!r}?" if near else "."
            raise WorkbenchError(f"Run folder {str(path)!r} {what}{hint}")
        folder = cls(path)
        try:
            found = json.loads((path / "environment.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise WorkbenchError(f"Run folder {str(path)!r} is damaged: environment.json cannot be read.") from None
        if found.get("format") != FORMAT:
            raise WorkbenchError(
                f"Run folder {str(path)!r} has layout {found.get('format')!r}, written by workbench "
                f"{found.get('workbench')!r}; this one reads layout {FORMAT}: install that version to open it."
            )
        return folder

    def spec(self) -> Spec:
        """The run's spec.

        Raises:
            WorkbenchError: it names components that this workbench does not have.
        """
        try:
            return Spec.from_json((self.path / "spec.json").read_text(encoding="utf-8"))
        except WorkbenchError as error:
            raise WorkbenchError(*(f"{self.path / 'spec.json'}: {fault}" for fault in error.faults)) from None

    # ------------------------------------------------------------------ while it trains

    def lock(self) -> None:
        """Claim the folder for this process; the claim ends with the process, however it ends.

        Raises:
            WorkbenchError: another process trains this run.
        """
        from filelock import FileLock, Timeout

        self._lock = FileLock(self.path / ".lock")
        try:
            self._lock.acquire(timeout=PATIENCE)
        except Timeout:
            raise WorkbenchError(f"Run {self.path.name!r} is being trained by another process.") from None

    def unfinished(self) -> str:
        """What a run is whose summary is missing: ``running``, in whatever process, or ``interrupted``."""
        from filelock import FileLock, Timeout

        place = self.path / ".lock"
        if not place.is_file():
            return "interrupted"
        try:
            with FileLock(place, timeout=0):
                return "interrupted"
        except Timeout:
            return "running"

    def open(self, position: int = 0) -> None:
        """Open the records for appending, cut at a byte position where a run is continued."""
        self._records = open(self.path / "records.jsonl", "ab")  # noqa: SIM115 (closed in close)
        self._records.truncate(position)
        kept = "".join(to_line(command) + "\n" for command in self.commands())
        write_atomically(self.path / "commands.jsonl", kept)

    def write(self, records: list[Record]) -> None:
        """Append records, and the commands among them to ``commands.jsonl`` too."""
        self._records.write("".join(to_line(record) + "\n" for record in records).encode())
        commands = "".join(to_line(record) + "\n" for record in records if isinstance(record, Applied))
        if commands:
            with open(self.path / "commands.jsonl", "a", encoding="utf-8") as file:
                file.write(commands)
            self._records.flush()

    def flush(self) -> int:
        """Bring everything written to the disk; the byte position reached."""
        self._records.flush()
        os.fsync(self._records.fileno())
        return self._records.tell()

    def close(self) -> None:
        """Close the records and give the folder free."""
        if self._records is not None:
            with suppress(OSError):  # a full disk has spoken at the write that failed
                self._records.close()
            self._records = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    # ------------------------------------------------------------------ checkpoints

    def save(self, state: State) -> None:
        """A state to continue from; the one before is removed only when this one is complete."""
        import torch

        offset = self.flush()
        base = self.path / "checkpoint"
        place = base / f"step-{state.position.step:09d}"
        with suppress(FileNotFoundError):
            if json.loads((base / "latest.json").read_text(encoding="utf-8"))["place"] == place.name:
                place = base / f"{place.name}-again"
        place.mkdir(parents=True, exist_ok=True)
        (place / "model.safetensors").write_bytes(_packed(state.exp.model.state_dict()))
        (place / "best.safetensors").write_bytes(_packed(state.best))
        torch.save(state.rest(), place / "rest.pt")
        latest = {"place": place.name, "records": offset, "position": asdict(state.position)}
        write_atomically(base / "latest.json", json.dumps(latest))
        for old in base.glob("step-*"):
            if old != place:
                shutil.rmtree(old)

    def load(self, state: State) -> int:
        """Put the newest saved state into ``state``; the byte position of the records it goes with (0: none saved).

        Raises:
            WorkbenchError: it is damaged.
        """
        import torch
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        latest = self.path / "checkpoint" / "latest.json"
        if not latest.is_file():
            return 0
        try:
            found = json.loads(latest.read_text(encoding="utf-8"))
            place = latest.parent / found["place"]
            model, best = (load_file(place / f"{name}.safetensors") for name in ("model", "best"))
            rest = torch.load(place / "rest.pt", weights_only=True, map_location=state.exp.device)
        except (EOFError, KeyError, OSError, RuntimeError, ValueError, UnpicklingError, SafetensorError) as error:
            raise WorkbenchError(
                f"Run folder {str(self.path)!r} is damaged: its checkpoint cannot be read ({type(error).__name__}); "
                "delete the folder and train the run anew."
            ) from error
        state.exp.model.load_state_dict(model)
        state.best = {key: x.to(state.exp.device) for key, x in best.items()}
        state.load_rest(rest)
        state.position = Position(**found["position"])
        return int(found["records"])

    def finish(self, model_state: dict[str, Any], summary: dict[str, Any], frame: Any) -> None:
        """Write the selected model, the history and, last, the summary."""
        (self.path / "checkpoint").mkdir(exist_ok=True)
        draft = self.path / "checkpoint" / ".model.safetensors"
        draft.write_bytes(_packed(model_state))
        os.replace(draft, self.path / "checkpoint" / "model.safetensors")
        frame.to_parquet(self.path / "history.parquet", index=False)
        write_atomically(self.path / "summary.json", json.dumps(summary, indent=2, allow_nan=False))

    # ------------------------------------------------------------------ reading

    def records(self, start: int = 0, kind: type[Record] | None = None) -> Iterator[Record]:
        """All complete records from a byte position on, of one kind if it is named.

        A line that a crash cut short is left out.
        """
        begins = b"" if kind is None else f'{{"type":"{kind.type}"'.encode()
        path = self.path / "records.jsonl"
        if not path.is_file():
            return
        with open(path, "rb") as file:
            file.seek(start)
            for line in file:
                if line.startswith(begins) and line.endswith(b"\n"):
                    yield from_line(line.decode())

    def last_step(self) -> int:
        """The last step recorded, looked for from the end of the records; 0: none."""
        path = self.path / "records.jsonl"
        size = path.stat().st_size if path.is_file() else 0
        begins, reach = f'{{"type":"{Step.type}"'.encode(), TAIL
        while size:
            with open(path, "rb") as file:
                file.seek(max(size - reach, 0))
                lines = file.read().split(b"\n")
            whole = lines[:-1] if reach >= size else lines[1:-1]  # neither cut by the reach nor by a crash
            for line in reversed(whole):
                if line.startswith(begins) and isinstance(step := from_line(line.decode()), Step):
                    return step.step
            if reach >= size:
                break
            reach *= 8
        return 0

    def commands(self, start: int = 0) -> list[Applied]:
        """The commands that were applied, in order."""
        return [record for record in self.records(start, Applied) if isinstance(record, Applied)]

    def to_come(self) -> list[Applied]:
        """The commands that it was started with and that were not applied yet."""
        path = self.path / "steering.json"
        if not path.is_file():
            return []
        planned = [from_line(json.dumps(fields)) for fields in json.loads(path.read_text(encoding="utf-8"))]
        reached, applied = 0, list[tuple[Any, ...]]()
        for record in self.records():
            reached = record.step if isinstance(record, Step) else reached
            applied += [(record.step, record.command, record.values)] if isinstance(record, Applied) else []
        return [
            one
            for one in planned
            if isinstance(one, Applied)
            and one.step >= reached  # those before the last step have been applied
            and (one.step, one.command, one.values) not in applied
        ]

    def summary(self) -> dict[str, Any] | None:
        """The summary; None while the run is not over."""
        path = self.path / "summary.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def unwritable(place: Path, error: OSError) -> WorkbenchError:
    """The sentence for a folder that cannot be written."""
    return WorkbenchError(
        f"Run folder {str(place)!r} cannot be written ({error.strerror or error}); free space or choose another with "
        "out=, --out or the variable WORKBENCH_RUNS."
    )


def environment(processes: int = 1) -> dict[str, Any]:
    """What the run was made with.

    Args:
        processes: how many trained it together.
    """
    import torch

    from workbench import __version__

    return {
        "format": FORMAT,
        "workbench": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "platform": platform.platform(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "threads": torch.get_num_threads(),
        "processes": processes,
    }


def _packed(state: dict[str, Any]) -> bytes:
    """Tensors by name in the safetensors format."""
    from safetensors.torch import save

    return save({key: value.detach().contiguous().clone() for key, value in state.items()})
