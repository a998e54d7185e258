"""What steps tell, kept on the device and fetched in blocks."""

from collections.abc import Sequence
from time import perf_counter

import torch

from workbench.training.records import AffinityMap, Record, Step
from workbench.training.step import Measured

CAPACITY = 256
#: seconds after which a block is fetched, so that a slow model is shown step by step
PATIENCE = 0.1


class Buffer:
    """Collects ``Measured`` and gives records; the device is asked once per block.

    Args:
        tasks: number of tasks K; a row is K losses, K weights and the length.
        method: name of the affinity measure.
    """

    def __init__(self, tasks: int, device: torch.device, method: str) -> None:
        self.tasks, self.method = tasks, method
        self.rows = torch.full((CAPACITY, 2 * tasks + 1), float("nan"), device=device)
        self.heads: list[tuple[int, int, float, tuple[int, ...]]] = []
        self.maps: list[tuple[int, Measured]] = []
        self.since = perf_counter()

    def add(self, step: int, epoch: int, lr: float, measured: Measured | None) -> None:
        """Note a step; None where no task took part."""
        row = self.rows[len(self.heads)]
        if measured is None:
            pass
        elif len(measured.active) == self.tasks:
            torch.cat((measured.losses, measured.weights, measured.length[None]), out=row)
        else:
            where = [*measured.active, *(self.tasks + i for i in measured.active), 2 * self.tasks]
            row[where] = torch.cat((measured.losses, measured.weights, measured.length[None]))
        if measured is not None and measured.map is not None:
            self.maps.append((len(self.heads), measured))
        self.heads.append((step, epoch, lr, tuple(measured.active) if measured else ()))

    @property
    def full(self) -> bool:
        """Time to fetch: the block is full, or the last one is a while ago."""
        return len(self.heads) == CAPACITY or perf_counter() - self.since > PATIENCE

    def fetch(self) -> list[tuple[Record, tuple[int, ...]]]:
        """The records of the steps since the last fetch, each with the tasks that took part."""
        records: list[tuple[Record, tuple[int, ...]]] = []
        maps = {place: self._map(place, measured) for place, measured in self.maps}
        K = self.tasks
        for place, ((step, epoch, lr, active), row) in enumerate(
            zip(self.heads, self.rows[: len(self.heads)].tolist(), strict=True)
        ):
            records.append((Step(step, epoch, tuple(row[:K]), tuple(row[K : 2 * K]), row[2 * K], lr), active))
            if place in maps:
                records.append((maps[place], active))
        if self.heads:
            self.rows.fill_(float("nan"))
        self.heads, self.maps, self.since = [], [], perf_counter()
        return records

    def _map(self, place: int, measured: Measured) -> AffinityMap:
        assert measured.map is not None
        step, epoch, _, _ = self.heads[place]
        found, active = measured.map, measured.active
        layers = {name: self._whole(matrix, active) for name, matrix in found.layers.items()}
        matrix, gramian = self._whole(found.matrix, active), self._whole(found.gramian, active)
        return AffinityMap(step, epoch, self.method, matrix, gramian, layers)

    def _whole(self, found: torch.Tensor, tasks: Sequence[int]) -> tuple[tuple[float, ...], ...]:
        """A matrix of the tasks present as one of all tasks, NaN where one was absent."""
        whole = torch.full((self.tasks, self.tasks), float("nan"))
        active = torch.as_tensor(list(tasks))
        whole[active[:, None], active[None, :]] = found.detach().cpu().float()
        return tuple(map(tuple, whole.tolist()))
