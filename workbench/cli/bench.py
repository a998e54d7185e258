"""``workbench bench``: the cost of every weighting on this machine, against equal weighting."""

import argparse
import os
import platform
import sys
from pathlib import Path
from typing import Any

from workbench.cli.tables import show_json
from workbench.component import NEEDS, WorkbenchError, one_of

#: seconds of measuring in all
FULL, QUICK = 50.0, 10.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--problem", action="append", metavar="W", help="w1 or w2; by default both")
    parser.add_argument("--weightings", metavar="A,B", help="which ones; by default all")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: less time, more noise")
    parser.add_argument("--device", default="cpu", help="by default cpu")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.epilog = (
        "w1: 2 tasks, LeNet on 1×36×36. w2: 8 tasks, MLP 128-512-512-256. Batches of 256, Adam.\n\n"
        "Every round times each weighting right beside equal weighting. Shown are the medians over the rounds, the\n"
        "quartiles of the ratio, and the share of a step that is spent in the weighting itself. Equal weighting\n"
        "against itself shows the noise: let nothing else run meanwhile.\n\n"
        "example: workbench bench --problem w2 --weightings pcgrad,mgda"
    )


def run(given: argparse.Namespace) -> int:
    """Measure, and print a table per workload."""
    from workbench.runs.bench import chosen, cost
    from workbench.runs.workloads import WORKLOADS
    from workbench.training.device import resolve

    faults = [
        f"There is no workload {name!r}: {one_of(name, WORKLOADS)}."
        for name in given.problem or ()
        if name not in WORKLOADS
    ]
    if faults:
        raise WorkbenchError(*faults)
    device = resolve(given.device)
    names = chosen(None if given.weightings is None else [name.strip() for name in given.weightings.split(",")])
    problems = list(dict.fromkeys(given.problem or WORKLOADS))
    seconds = (QUICK if given.quick else FULL) / len(problems)
    about = machine(device)
    frames = {problem: cost(problem, names, seconds, str(device), tell) for problem in problems}
    if sys.stderr.isatty():
        tell("")
    if given.json:
        show_json({"machine": about, "costs": [row for frame in frames.values() for row in frame.to_dict("records")]})
        return 0
    load = f", load {about['load']} before" if "load" in about else ""
    print(f"{about['processor']}, {about['device']}, {about['threads']} threads, torch {about['torch']}{load}")
    for problem, frame in frames.items():
        print(f"\n{problem}: {WORKLOADS[problem].title}, {frame['rounds'][0]} rounds")
        print(*lines(frame), sep="\n")
    return 0


def machine(device: Any) -> dict[str, Any]:
    """What the figures belong to."""
    import torch

    load = {"load": round(os.getloadavg()[0], 1)} if hasattr(os, "getloadavg") else {}
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else processor()
    return {
        "processor": name,
        "device": str(device),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        **load,
    }


def processor() -> str:
    """The processor's name, as well as the system tells it."""
    info = Path("/proc/cpuinfo")
    found = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in found if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def lines(frame: Any) -> list[str]:
    """A table as text, a heading before each kind."""
    width = frame["weighting"].str.len().max()
    out = [f"{'':{width}}  {'ms/step':>8}  {'× equal':>8}  {'quartiles':>13}  {'solver':>6}"]
    kind = None
    for i, row in enumerate(frame.itertuples()):
        if i and row.needs != kind:
            kind = row.needs
            out.append(NEEDS.get(kind, kind))
        span = f"{row.low:.2f} – {row.high:.2f}"
        out.append(f"{row.weighting:{width}}  {row.ms:8.2f}  {row.ratio:8.2f}  {span:>13}  {row.solver:6.1%}")
    return out


def tell(text: str) -> None:
    """Say how far it is: on a terminal in one line that changes."""
    on_terminal = sys.stderr.isatty()
    print(f"\r{text:<60}" if on_terminal else text, end="\r" if on_terminal else "\n", file=sys.stderr, flush=True)
