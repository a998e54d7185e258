"""What the live panel costs: time to make one, bytes per refresh, time of a tick, training speed with and without it.

Run it with ``python tests/benchmarks/bench_panel.py``; it prints figures and judges none. Training speed is measured in
a real Jupyter kernel, both ways in turn, without a browser beside it.
"""

from statistics import median
from time import perf_counter
from types import SimpleNamespace

import numpy as np

TASKS = ["digit", "parity", "large", "loops", "ink", "slant"]
#: a refresh's worth of steps at 1,000 steps a second
NEW = 333

SPEED = """
import os, sys, tempfile, time
os.environ["WORKBENCH_RUNS"] = tempfile.mkdtemp()
import workbench as wb
from workbench.widgets.live import Panel
from workbench.widgets.names import choose

class Timed(Panel):
    ticks = seconds = 0

    def refresh(self):
        began = time.thread_time()
        more = super().refresh()
        Timed.ticks, Timed.seconds = Timed.ticks + 1, Timed.seconds + time.thread_time() - began
        return more

spec = wb.Spec(encoder="cnn", batch_size=128, epochs=40)
ratios, wall = [], 0
wb.start(spec).wait()
for _ in range({rounds}):
    speeds = []
    for shown in (False, True):
        if shown:
            panel = Timed(spec, choose())
            panel.start()
            session = panel.session
        else:
            session = wb.start(spec)
        session.over.wait()
        speeds.append(session.total_steps / session.seconds)
        if shown:
            panel.close()
            wall += session.seconds
    ratios.append(speeds[1] / speeds[0])
print(*ratios, speeds[0], Timed.seconds / Timed.ticks, Timed.seconds / wall)
"""


class Recorded:
    """A history that holds a number of points."""

    method = "gradient_cosine"

    def __init__(self, points: int) -> None:
        per_curve = points // (2 * len(TASKS))
        noise = np.random.default_rng(0)
        self.affinities = [(1, noise.uniform(-1, 1, (6, 6)))]
        self.effects = []
        self.curves = {
            ("train", task, quantity): SimpleNamespace(
                steps=list(range(per_curve)), values=noise.random(per_curve).tolist()
            )
            for task in TASKS
            for quantity in ("loss", "weight")
        }

    def grow(self, steps: int) -> None:
        for curve in self.curves.values():
            last = curve.steps[-1]
            curve.steps.extend(range(last + 1, last + 1 + steps))
            curve.values.extend([0.5] * steps)
        for step in range(last + 10, last + 1 + steps, 10):  # as a weighting that takes gradients anyway
            self.affinities.append((step, self.affinities[0][1]))


def refreshes(points: int) -> None:
    from workbench.widgets.canvas.canvas import Canvas

    history, canvas = Recorded(points), Canvas(TASKS)
    began = perf_counter()
    backlog = canvas.draw(history)
    first = perf_counter() - began
    sizes, times = [], []
    for _ in range(30):
        history.grow(NEW)
        began = perf_counter()
        sizes.append(canvas.draw(history))
        times.append(perf_counter() - began)
    began = perf_counter()
    snapshot = len(canvas.get_state()["snapshot"])
    late = perf_counter() - began
    began = perf_counter()
    canvas.draw(history)
    idle = perf_counter() - began
    print(
        f"{points:>9,} points: all at once {backlog / 1e3:.1f} kB in {first * 1e3:.0f} ms; {NEW} new steps "
        f"{median(sizes) / 1e3:.1f} kB in {median(times) * 1e3:.2f} ms; nothing new {idle * 1e6:.0f} µs; "
        f"late page {snapshot / 1e3:.1f} kB in {late * 1e3:.1f} ms"
    )


def methods(tasks: int) -> None:
    """The section "What would each method do now?": computed at most once a second, and only while it is open."""
    import json
    from time import thread_time

    from workbench.runs.history import GradientsAt, History
    from workbench.training.records import Begin
    from workbench.widgets.sections.methods import table

    noise = np.random.default_rng(0)
    J = noise.normal(size=(tasks, 3 * tasks))
    history = History([Begin(tuple(f"task {i}" for i in range(tasks)), 1, 1, (1, 1))])
    history.gramians.append(GradientsAt(1, J @ J.T, noise.uniform(0.1, 2, tasks), np.ones(tasks)))
    times = []
    for _ in range(20):
        began = thread_time()
        found = table(history)
        times.append(thread_time() - began)
    shown = sum(len(group["rows"]) for group in found["groups"])
    print(
        f"what each method would do now, {tasks} tasks, {shown} rows: {median(times) * 1e3:.1f} ms of CPU, "
        f"{len(json.dumps(found)) / 1e3:.1f} kB"
    )


def ready(rounds: int = 7) -> None:
    """Making a panel once everything is imported, and asking every component whether it can work with the rest."""
    import json

    from ipywidgets import Widget

    import workbench as wb
    from workbench.widgets.live import Panel
    from workbench.widgets.names import choose
    from workbench.widgets.pickers.impossible import impossible

    times, panels = [], []
    for seed in range(rounds):
        began = perf_counter()
        panels.append(Panel(wb.Spec(seed=seed), choose()))
        times.append(perf_counter() - began)
    state = Widget.get_manager_state()["state"]
    print(
        f"a panel is made in {median(times) * 1e3:.0f} ms ({min(times) * 1e3:.0f} … {max(times) * 1e3:.0f}); "
        f"{len(state) / rounds:.0f} widgets, {len(json.dumps(state, default=str)) / rounds / 1e3:.0f} kB"
    )
    fields, each = panels[0].pickers.shown([]), {}
    for family in wb.Spec.families():
        times = []
        for _ in range(rounds):
            began = perf_counter()
            impossible(family, fields)
            times.append(perf_counter() - began)
        each[family] = median(times) * 1e3
    most = max(each, key=lambda family: each[family])
    print(f"what is impossible: all families {sum(each.values()):.1f} ms, most of it {most} {each[most]:.1f} ms")
    for panel in panels:
        panel.close()


def speed(rounds: int = 7) -> None:
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3")
    printed: list[str] = []

    def hear(message: dict) -> None:
        printed.append(message["content"].get("text", "") or message["content"].get("evalue", ""))

    try:
        client.execute_interactive(SPEED.format(rounds=rounds), output_hook=hear, timeout=900)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    *ratios, plain, tick, share = map(float, "".join(printed).split())
    print(
        f"training speed with the panel / without: median {median(ratios):.3f} "
        f"({min(ratios):.3f} … {max(ratios):.3f}, {rounds} pairs, {plain:.0f} steps/s without); "
        f"a tick takes {tick * 1e3:.1f} ms of CPU, all of them {share:.2%} of the run"
    )


if __name__ == "__main__":
    for points in (10_000, 1_000_000):
        refreshes(points)
    for tasks in (3, 6, 16):
        methods(tasks)
    ready()
    speed()
