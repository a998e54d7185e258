"""The live canvas: curves and affinity maps, drawn in the browser from appended blocks of numbers."""

import json
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any, Protocol

import anywidget
import numpy as np
import traitlets
from numpy.typing import NDArray

from workbench.component import component
from workbench.plots.heatmaps import power
from workbench.plots.style import DASH_PIXELS, FONT, GRID, INK, NOTHING, SIGNED, TaskStyle, task_style
from workbench.widgets.canvas.decimate import decimate, shares
from workbench.widgets.canvas.maps import LARGEST, EffectLike, Maps, most
from workbench.widgets.scripts import script

__all__ = ["PLOTS", "Block", "Canvas"]

#: no message and no snapshot is larger, whatever the length of the run, in bytes
LARGEST_MESSAGE = 60_000
#: points kept per curve before it is thinned to half, here and in the browser
LARGEST_CURVE = 4_000
#: a step as uint32 and a value as float32
POINT = 8
#: an allowance too small for both ends and one pair of extremes would draw nothing
FEWEST_POINTS = 4

#: the plots of curves, in their order; a new one is a line here. ``log``: the axis may be made logarithmic;
#: ``smooth``: noisy training curves, drawn thin and smoothed; ``zero``: the axis starts at 0; ``other``: what a switch
#: in the title shows instead, ``switch``: what the switch calls either, ``hint``: more than a note has room for
PLOTS: tuple[dict[str, Any], ...] = (
    {"group": "loss", "title": "Loss", "note": "thin: training · strong: validation", "log": True, "smooth": True},
    {"group": "metric", "title": "Validation metric", "note": ""},
    {
        "group": "weight",
        "title": "Task weights",
        "note": "as applied to the shared part",
        "zero": True,
        "switch": "weights",
        "other": {
            "group": "share",
            "title": "Who moves the encoder",
            "note": "shares",
            "hint": "part of each task in the update of the shared parameters; below 0: against its gradient",
            "zero": True,
            "switch": "moves",
        },
    },
)


class CurveLike(Protocol):
    """What the canvas reads of a recorded curve: two growing arrays of one length."""

    steps: Any
    values: Any


class HistoryLike(Protocol):
    """What the canvas reads of a history."""

    @property
    def curves(self) -> Mapping[tuple[str, str, str], Any]: ...

    @property
    def affinities(self) -> Sequence[tuple[int, Any]]: ...

    @property
    def effects(self) -> Sequence[EffectLike]: ...

    @property
    def method(self) -> str: ...


@dataclass(frozen=True)
class Block:
    """New points of one curve.

    Attributes:
        group: the plot it belongs to, such as ``"loss"``.
        task: its task, which decides colour and line style.
        split: ``"train"`` or ``"val"``.
        steps: step numbers, ``[n]``, later than those sent before.
        values: one value per step, ``[n]``; those that are not finite are not drawn.
    """

    group: str
    task: str
    split: str
    steps: NDArray
    values: NDArray

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells this curve from the others."""
        return self.group, self.task, self.split


class Canvas(anywidget.AnyWidget):
    """Curves per task and affinity maps over the steps, growing while it trains.

    What is new goes to the browser as one small binary message each time. A page that comes late (reload, second tab)
    asks for the state and gets a snapshot: the same curves, thinned so that minima and maxima stay, and the same maps,
    thinned evenly over the steps.

    Args:
        tasks: the names in the legend, in its order, which is that of the affinity maps, too.
        style: colour and line style per name; as in every other picture by default.
        plots: the plots of curves, see ``PLOTS``.
        maps: whether there is a plot of affinity maps.
    """

    _esm = script("canvas/surface.js", "canvas/maps.js", "canvas/replay.js", "canvas/picture.js", "canvas/canvas.js")
    _css = Path(__file__).parent / "canvas.css"
    #: filled only when a page asks for the state, or by ``keep``
    snapshot = traitlets.Bytes(b"").tag(sync=True)
    #: the step that a person went back to; -1: none, it follows the run
    at = traitlets.Int(-1).tag(sync=True)
    #: seconds between two signs of life that a page gives; 0: it gives none
    beat = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        tasks: Sequence[str] = (),
        style: Mapping[str, TaskStyle] | None = None,
        plots: Sequence[Mapping[str, Any]] = PLOTS,
        maps: bool = True,
    ) -> None:
        #: whether what is sent is one refresh of many, which the page may draw a little later
        self.busy = False
        self._plots, self._with_maps = [dict(plot) for plot in plots], maps
        self._lock = RLock()
        self._sequence = 0
        self._look: dict[str, Any] = {}
        self._tasks: list[str] = []
        self._curves: dict[tuple[str, str, str], tuple[NDArray, NDArray]] = {}
        self._maps: dict[str, Maps] = {}
        self._source: HistoryLike | None = None
        self._read: dict[tuple[str, str, str], int] = {}
        self._affinities_read = self._effects_read = 0
        self._method = ""
        self._metrics: dict[str, str] = {}
        self._forget(tasks, style)
        super().__init__()
        self.on_msg(self._answer)
        #: called at every sign of life
        self.heard: Callable[[], object] = lambda: None

    # ------------------------------------------------------------------ what is drawn

    def append(self, *blocks: Block) -> int:
        """Add points to curves; a backlog too long for one message is thinned.

        Returns:
            The bytes sent.
        """
        return self._send_new(blocks, {})

    def heatmap(self, step: int, matrix: Any, method: str = "") -> int:
        """Add an affinity map.

        Args:
            step: the step it was measured at, later than those before.
            matrix: ``[K, K]`` of the canvas's tasks, rows = train on, columns = helps; NaN where it is unknown.
            method: the affinity measure; "": it has no name, and colours go as far as the values.

        Returns:
            The bytes sent.
        """
        self._method = method
        return self._send_new((), {"measured": Maps.measured([(step, matrix)])})

    def reset(
        self,
        tasks: Sequence[str] = (),
        style: Mapping[str, TaskStyle] | None = None,
        name: str = "",
        plots: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        """Empty every plot, for a new run with these tasks; files taken from the canvas begin with its name.

        Args:
            plots: other plots from now on; None: the same.
        """
        with self._lock:
            if plots is not None:
                self._plots = [dict(plot) for plot in plots]
            self._forget(tasks, style, name)
            self._sequence += 1
            self.send({"type": "reset", "sequence": self._sequence, **self._look})

    def draw(self, history: HistoryLike, metrics: Mapping[str, str] | None = None) -> int:
        """Send what a history holds beyond what was sent before: one message, or none when nothing is new.

        Args:
            history: the growing record of a run; another one than last time starts from its beginning.
            metrics: the metric to show for each task; the first recorded one by default.

        Returns:
            The bytes sent.
        """
        with self._lock:
            if history is not self._source:
                if self._source is not None:
                    self.reset(self._tasks)
                self._source = history
            self._metrics.update(metrics or {})
            blocks = []
            for key, curve in list(history.curves.items()):
                group = self._group(*key)
                start, end = self._read.get(key, 0), min(len(curve.steps), len(curve.values))
                self._read[key] = end
                if group is not None and end > start:
                    # slices are copies: a view would forbid the training thread to grow its arrays
                    new = np.array(curve.steps[start:end]), np.array(curve.values[start:end])
                    blocks.append(Block(group, key[1], key[0], *new))
            return self._send_new(blocks, self._new_maps(history))

    def keep(self) -> None:
        """Put what is drawn so far into the widget's state, so that a saved notebook shows it without a kernel."""
        self.send_state("snapshot")

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """The widget's state; asked for all of it, or for ``snapshot``, what is drawn so far is in it."""
        state: dict[str, Any] = super().get_state(key, drop_defaults)
        if key is None or key == "snapshot" or "snapshot" in key:
            state["snapshot"] = self._snapshot()
        return state

    # ------------------------------------------------------------------ inside

    def _forget(self, tasks: Sequence[str], style: Mapping[str, TaskStyle] | None, name: str = "") -> None:
        self._tasks = list(tasks)
        self._look = {**_look(self._tasks, style or task_style(self._tasks)), "name": name}
        self._look |= {"plots": self._plots, "heatmap": self._with_maps}
        self._curves, self._maps, self._source = {}, {}, None
        self._read, self._metrics, self._method = {}, {}, ""
        self._affinities_read = self._effects_read = 0

    def _group(self, split: str, task: str, quantity: str) -> str | None:
        """The plot a recorded curve belongs to; None: it is not drawn."""
        if not task or split == "test":
            return None
        if quantity in ("loss", "weight", "share"):
            return quantity
        if split == "val" and self._metrics.setdefault(task, quantity) == quantity:
            return "metric"
        return None

    def _new_maps(self, history: HistoryLike) -> dict[str, Maps]:
        """The maps and rows of a history that were not read before."""
        new = {}
        affinities = history.affinities[self._affinities_read : len(history.affinities)]
        if affinities:
            self._method = history.method
            new["measured"] = Maps.measured(affinities)
        effects = history.effects[self._effects_read : len(history.effects)]
        if effects:
            new["by hand"] = Maps.by_hand(effects, self._tasks)
        self._affinities_read += len(affinities)
        self._effects_read += len(effects)
        return new

    def _send_new(self, blocks: Iterable[Block], maps: Mapping[str, Maps]) -> int:
        with self._lock:
            news = {}
            for block in blocks:
                values = np.asarray(block.values, dtype=np.float32)
                finite = np.isfinite(values)
                if finite.any():
                    news[block.key] = np.asarray(block.steps)[finite].astype(np.uint32), values[finite]
            if not news and not maps:
                return 0
            self._sequence += 1
            self._keep(news, maps)
            content, buffers = self._pack("append", news, maps)
            self.send(content, buffers)
            return len(json.dumps(content)) + sum(len(buffer) for buffer in buffers)

    def _keep(self, news: Mapping[tuple[str, str, str], tuple[NDArray, NDArray]], maps: Mapping[str, Maps]) -> None:
        """Remember what late pages will ask for, thinned, so that memory does not grow with the run."""
        for key, (steps, values) in news.items():
            if key in self._curves:
                steps = np.concatenate([self._curves[key][0], steps])
                values = np.concatenate([self._curves[key][1], values])
            if len(steps) > LARGEST_CURVE:
                steps, values = decimate(steps, values, LARGEST_CURVE // 2)
            self._curves[key] = steps, values
        for kind, new in maps.items():
            self._maps[kind] = self._maps[kind].joined(new) if kind in self._maps else new

    def _pack(
        self,
        kind: str,
        curves: Mapping[tuple[str, str, str], tuple[NDArray, NDArray]],
        maps: Mapping[str, Maps],
    ) -> tuple[dict[str, Any], list[bytes]]:
        """A message of at most ``LARGEST_MESSAGE`` bytes: its JSON part; steps, values and maps as buffers."""
        content: dict[str, Any] = {"type": kind, "sequence": self._sequence, "busy": self.busy}
        if kind == "snapshot":
            content |= self._look | {"metrics": self._metrics}
        sent = {of: found.within(LARGEST[of]) for of, found in maps.items()}
        content["maps"] = {of: {"n": len(found), **self._colours(of)} for of, found in sent.items()}
        if any(group == "metric" for group, _, _ in curves):
            content["metrics"] = self._metrics
        content["curves"] = [
            {"group": group, "task": task, "split": split, "n": len(curves[group, task, split][0])}
            for group, task, split in curves
        ]
        packed = b"".join(found.packed() for found in sent.values())
        room = (LARGEST_MESSAGE - len(json.dumps(content)) - len(packed)) // POINT
        allowed = shares([len(steps) for steps, _ in curves.values()], room)
        thin = [
            decimate(*curve, max(limit, FEWEST_POINTS)) for curve, limit in zip(curves.values(), allowed, strict=True)
        ]
        for entry, (steps, _) in zip(content["curves"], thin, strict=True):
            entry["n"] = len(steps)
        all_steps, all_values = (
            (b"".join(part.tobytes() for part in parts) for parts in zip(*thin, strict=False)) if thin else (b"", b"")
        )
        return content, [all_steps, all_values, packed]

    def _colours(self, kind: str) -> dict[str, Any]:
        """Title of the maps of a kind, how far colours go on both sides of 0, and the power of ten of the numbers."""
        limit, title = None, "by hand"
        if kind == "measured":
            title = self._method.replace("_", " ")
            limit = component("affinity", self._method).limit if self._method else None  # type: ignore[attr-defined]
        limit = limit or self._maps[kind].reach
        return {"title": title, "limit": limit, "unit": power(limit)}

    def _snapshot(self) -> bytes:
        """Everything shown, as one value: length of the JSON part, the JSON part, steps, values, maps."""
        with self._lock:
            content, buffers = self._pack("snapshot", self._curves, self._maps)
        head = json.dumps(content).encode()
        head += b" " * (-(len(head) + 4) % 4)
        return b"".join([struct.pack("<I", len(head)), head, *buffers])

    def _answer(self, _: Any, content: Mapping[str, Any], buffers: Any) -> None:
        """A page says that it is there, and how far it is; one that missed something gets everything."""
        self.heard()
        with self._lock:
            if content.get("type") == "hello" and content.get("sequence") != self._sequence:
                self.send(*self._pack("snapshot", self._curves, self._maps))


def _look(tasks: Sequence[str], style: Mapping[str, TaskStyle]) -> dict[str, Any]:
    """What the browser needs to know before it draws: tasks, their look, the plots, the palette."""
    return {
        "tasks": list(tasks),
        "style": {
            name: {"color": style[name]["color"], "dash": DASH_PIXELS[style[name]["dash"]]}
            for name in tasks
            if name in style
        },
        "palette": {"ink": INK, "grid": GRID, "font": FONT, "signed": SIGNED, "nothing": NOTHING},
        "largest": LARGEST_CURVE,
        "most": {"measured": most(len(tasks), rows=False), "by hand": most(len(tasks), rows=True)},
    }
