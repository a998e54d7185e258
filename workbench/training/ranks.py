"""One run on several processes: who takes which rows, and what they tell each other.

Every process (a *rank*, r of W) holds the whole data and an equal model, draws the same batch of B rows and takes the
rows ``[lo, hi)`` of it. Sums over ranks give every one of them what one process would have found on the whole batch,
up to the order in which numbers are added; see ``workbench.training.spread`` for what is summed when.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, NoReturn, TypeVar

import torch
from torch import Tensor, nn

from workbench.component import WorkbenchError
from workbench.training.device import resolve

#: how long a process waits for the others before it gives up; longer than the first one evaluates or writes
TIMEOUT = timedelta(minutes=30)
#: seconds between two signs of life while a run is paused
BEAT = 10.0
#: largest relative difference between the models of two processes that is rounding
ROUNDING = 1e-5

T = TypeVar("T")


def end(status: int) -> NoReturn:
    """End a process that was one of several, at once; what it printed is flushed.

    The threads of a group live on (even where it is destroyed, once torch's compiler is loaded); one that drops its
    last tensor while Python tidies up aborts an ordinary exit now and then.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


class Lost(WorkbenchError):
    """Another process of the run is gone, or says nothing."""


class Ranks:
    """One process by itself: it takes all rows, and what it would tell others is what it has.

    Attributes:
        size: number of processes, W.
        rank: the number of this one, from 0.
        device: where it computes; None: where the spec says.
        beat: seconds after which a paused run looks up again; None: when there is a command.
    """

    size = 1
    rank = 0
    device: torch.device | None = None
    beat: float | None = None

    @property
    def many(self) -> bool:
        """Whether there are others."""
        return self.size > 1

    @property
    def main(self) -> bool:
        """Whether it is the one that decides, prints and writes."""
        return self.rank == 0

    def place(self, text: str) -> None:
        """Choose where to compute: a GPU for each process of a machine, or the CPU for all.

        Raises:
            WorkbenchError: a device that is not there, or fewer GPUs than processes.
        """

    def connect(self) -> None:
        """Connect the GPUs, where they compute on GPUs; called by all."""

    def slice(self, rows: int) -> tuple[int, int]:
        """The part ``[lo, hi)`` of a batch that is this rank's: ``rows / W``, maybe one more, maybe none."""
        each, more = divmod(rows, self.size)
        start = self.rank * each + min(self.rank, more)
        return start, start + each + (self.rank < more)

    def sum_(self, x: Tensor) -> Tensor:
        """``Σ_r x_r``, in place; the same numbers on every rank."""
        return x

    def broadcast(self, value: T) -> T:
        """What rank 0 has: JSON values."""
        return value

    def broadcast_(self, x: Tensor) -> Tensor:
        """What rank 0 has, a tensor on the CPU of the same shape everywhere; in place."""
        return x

    def gather(self, value: T) -> list[T]:
        """What every rank has, by rank: JSON values."""
        return [value]

    def together(self, build: Callable[[], T]) -> T:
        """What a function gives, once it gives something on all ranks.

        Raises:
            WorkbenchError: on all ranks, what it raised on the first rank on which it did.
        """
        return build()

    def check_same(self, parameters: Iterable[nn.Parameter]) -> None:
        """That all ranks hold the same model.

        Raises:
            WorkbenchError: they do not.
        """


ALONE = Ranks()


class Group(Ranks):
    """One of several processes; commands and decisions go over the CPU (gloo), sums over GPUs where they are (nccl).

    Args:
        rank, size: as of ``Ranks``.
        timeout: how long to wait for the others.
        init_method: where they meet, as of ``torch.distributed``.
    """

    beat = BEAT

    def __init__(self, rank: int, size: int, timeout: timedelta = TIMEOUT, init_method: str = "env://") -> None:
        self.rank, self.size, self.timeout = rank, size, timeout
        self.sums: Any = None
        self._call(
            lambda: torch.distributed.init_process_group(
                "gloo", init_method=init_method, rank=rank, world_size=size, timeout=timeout
            )
        )

    @classmethod
    def from_environment(cls) -> Ranks:
        """As ``torchrun`` started this process; by itself where nothing did.

        Raises:
            WorkbenchError: the variable ``WORLD_SIZE`` is there, but not what ``torchrun`` sets beside it.
        """
        size = int(os.environ.get("WORLD_SIZE", "1"))
        if size == 1:
            return ALONE
        if missing := [name for name in ("RANK", "MASTER_ADDR", "MASTER_PORT") if name not in os.environ]:
            raise WorkbenchError(
                f"The variable WORLD_SIZE says {size} processes, but {missing[0]} is not set; start with torchrun, or "
                "unset WORLD_SIZE."
            )
        return cls(int(os.environ["RANK"]), size)

    def place(self, text: str) -> None:
        here, local = int(os.environ.get("LOCAL_WORLD_SIZE", self.size)), int(os.environ.get("LOCAL_RANK", self.rank))
        device = resolve(text)
        if device.type == "cpu":
            self.device = device
            return
        count = torch.cuda.device_count()
        if device.type != "cuda" or ":" in text:
            raise WorkbenchError(
                f"Spec: device {text!r} is not for {here} processes; allowed: auto, cpu, cuda (one GPU each)."
            )
        if count < here:
            raise WorkbenchError(f"{here} processes need {here} GPUs, found {count}; start {count}, or set device=cpu.")
        self.device = torch.device("cuda", local)
        torch.cuda.set_device(self.device)

    def connect(self) -> None:
        if self.device is not None and self.device.type == "cuda":
            self.sums = self._call(lambda: torch.distributed.new_group(backend="nccl", timeout=self.timeout))

    def sum_(self, x: Tensor) -> Tensor:
        self._call(lambda: torch.distributed.all_reduce(x, group=self.sums))
        return x

    def broadcast(self, value: T) -> T:
        text = json.dumps(value, default=float).encode() if self.main and value is not None else b""
        length = int(self.broadcast_(torch.tensor([len(text)])))
        if not length:  # at most steps there is no command
            return None  # type: ignore[return-value]
        sent = torch.frombuffer(bytearray(text), dtype=torch.uint8) if self.main else torch.empty(length).byte()
        found: T = json.loads(bytes(self.broadcast_(sent).tolist()))
        return found

    def broadcast_(self, x: Tensor) -> Tensor:
        self._call(lambda: torch.distributed.broadcast(x, 0))
        return x

    def gather(self, value: T) -> list[T]:
        text = json.dumps(value, default=float).encode()
        lengths = torch.zeros(self.size, dtype=torch.int64)
        lengths[self.rank] = len(text)
        self._call(lambda: torch.distributed.all_reduce(lengths))
        sent = torch.zeros(self.size, int(lengths.max()), dtype=torch.uint8)
        sent[self.rank, : len(text)] = torch.frombuffer(bytearray(text), dtype=torch.uint8)
        self._call(lambda: torch.distributed.all_reduce(sent))
        return [json.loads(bytes(row[:n].tolist())) for row, n in zip(sent, lengths.tolist(), strict=True)]

    def together(self, build: Callable[[], T]) -> T:
        faults: list[str] = []
        found: Any = None
        try:
            found = build()
        except WorkbenchError as error:
            faults = error.faults
        for told in self.gather(faults):
            if told:
                raise WorkbenchError(*told)
        return found

    def check_same(self, parameters: Iterable[nn.Parameter]) -> None:
        lengths = self.gather(sum(float(p.detach().double().norm()) for p in parameters))
        if not max(lengths) - min(lengths) <= ROUNDING * max(lengths):
            raise WorkbenchError(
                f"The {self.size} processes no longer hold the same model (the lengths of their parameters are "
                f"{', '.join(f'{x:.9g}' for x in lengths)}); run them on machines of one kind."
            )

    def _call(self, tell: Callable[[], T]) -> T:
        try:
            return tell()
        except (RuntimeError, ValueError) as error:  # how torch says that a connection is closed or silent
            found = str(error).splitlines()[0]
            known = any(word in found.lower() for word in ("connection", "timed out", "socket", "peer"))
            raise Lost(
                f"Process {self.rank} of {self.size} lost the others: one ended, or was silent for "
                f"{self.timeout.total_seconds() / 60:g} minutes{'' if known else f' ({found})'}. What is in the run "
                "folder can be resumed."
            ) from None
