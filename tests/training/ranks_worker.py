"""One of two processes of ``test_ranks``: ``python ranks_worker.py RANK MEETING_POINT RESULTS``; writes JSON.

What both processes found together stands beside what the first found by itself with the whole batch.
"""

import json
import os
import sys
import threading
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import torch

from workbench.component import WorkbenchError
from workbench.problems.digits import Digits
from workbench.runs.folder import RunFolder
from workbench.runs.session import Session
from workbench.runs.train import train_together
from workbench.spec import Spec
from workbench.training.commands import Inbox, steers
from workbench.training.exactness import check_exact
from workbench.training.experiment import Experiment
from workbench.training.looks import one_pass
from workbench.training.loop import train
from workbench.training.ranks import ALONE, Group, Lost, end
from workbench.training.records import Applied, to_line
from workbench.training.state import State
from workbench.training.step import Diverged, step

TASKS = ["digit", "parity", "ink"]
SPEC = Spec(tasks=TASKS, encoder={"name": "mlp", "width": 8, "depth": 2}, affinity=None, optimizer="sgd", lr=0.05)
WORDS = {"problem": "intents", "tasks": None, "encoder": {"name": "bilstm", "dropout": 0.0}}
#: name -> what differs from SPEC
UPDATES = {
    "equal": {},
    "uncertainty": {"weighting": "uncertainty"},
    "famo": {"weighting": "famo"},
    "gls": {"weighting": "gls"},
    "rlw": {"weighting": "rlw"},
    "mgda": {"weighting": "mgda"},
    "pcgrad": {"weighting": "pcgrad"},
    "nash_mtl": {"weighting": "nash_mtl"},
    "imtl_g": {"weighting": "imtl_g"},
    "psmgd": {"weighting": "psmgd"},
    "graddrop": {"weighting": "graddrop"},
    "moco": {"weighting": "moco"},
    "adatask": {"weighting": "adatask"},
    "modo": {"weighting": "modo"},
    "auto_lambda": {"weighting": "auto_lambda"},
    "mgda, representation": {"weighting": "mgda", "gradients": "representation"},
    "pcgrad, representation": {"weighting": "pcgrad", "gradients": "representation"},
    "graddrop, representation": {"weighting": "graddrop", "gradients": "representation"},
    "equal with a map": {"affinity": "gradient_cosine"},
    "equal with a map, representation": {"affinity": "gradient_cosine", "gradients": "representation"},
    "pcgrad with a look ahead": {"affinity": "lookahead", "weighting": "pcgrad"},
    "convolutions": {"encoder": {"name": "cnn"}, "weighting": "cagrad"},
    "soft sharing": {"fusion": {"name": "soft", "strength": 0.1}},
    "soft sharing, pcgrad": {"fusion": {"name": "soft", "strength": 0.1}, "weighting": "pcgrad"},
    "gates with a cost": {"fusion": {"name": "dselect_k", "experts": 3, "by": "example"}, "weighting": "mgda"},
    "bootstrap": {"fusion": {"name": "ensemble", "members": 2, "bootstrap": True}, "weighting": "pcgrad"},
    "words": {**WORDS, "weighting": "pcgrad"},
    "words, representation": {**WORDS, "weighting": "graddrop", "gradients": "representation"},
    "clipped": {"clip": 0.01, "weighting": "mgda"},
    "guesses": {"losses": {"parity": {"name": "pseudo_labels", "threshold": 0.51, "start": 0}}},
}
#: name -> what differs from SPEC, and over how many epochs it is trained
CURVES = {
    "pcgrad": {"weighting": "pcgrad"},
    "uncertainty, adam, tasks in turn": {"weighting": "uncertainty", "optimizer": "adamw", "schedule": "round_robin"},
    "mgda at the representation": {"weighting": "mgda", "gradients": "representation"},
    "hard examples, dwa": {"weighting": "dwa", "sampling": "hard_example"},
    "parts of the batch": {"schedule": "pike"},
    "maps": {"affinity": "gradient_cosine", "weighting": "famo"},
    "patience": {"patience": 1, "lr": 1e-9, "epochs": 6},
    "an empty part": {"weighting": "pcgrad", "batch_size": 1078},
}
REFUSED = {
    "dropout": {"encoder": {"name": "mlp", "width": 8, "dropout": 0.5}},
    "batch norm": {"encoder": {"name": "resnet18"}},
    "lll": {"losses": {"digit": "lll"}},
    "teacher": {"losses": {"digit": "mean_teacher"}},
    "small batch": {"batch_size": 1},
    "one GPU": {"device": "cuda:0"},
    "draws": {"fusion": "ltb"},
}


def gappy() -> None:
    """`digits` in which rows 0, 2, 4, … alone are labelled with `parity`, and examples have weights."""
    whole = Digits.load

    def load(self, seed):
        raw = whole(self, seed)
        number = torch.arange(len(raw.targets["parity"]))
        raw.targets["parity"] = torch.where(number % 2 == 0, raw.targets["parity"], torch.nan)
        raw.row_weights = 0.5 + number % 3
        return raw

    Digits.load = load


@contextmanager
def in_double():
    """Compute in float64, also where the code says float32."""
    before = torch.Tensor.float
    torch.Tensor.float = torch.Tensor.double
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.Tensor.float = before
        torch.set_default_dtype(torch.float32)


def experiment(spec, ranks):
    exp = Experiment(spec, ranks)
    exp.model.double()
    for found in (exp.data.views, exp.data.targets):
        found.update({name: x.double() for name, x in found.items() if x.is_floating_point()})
    if exp.data.row_weights is not None:
        exp.data.row_weights = exp.data.row_weights.double()
    return exp


def uneven(exp, count=17):
    """Rows whose first half alone has the second task's labels, so that the second process has none."""
    rows, name = exp.data.splits["train"], exp.names[1]
    if name not in exp.data.labelled:
        return rows[:count]
    there = exp.data.labelled[name][rows]
    return torch.cat([rows[there][: count // 2 + 1], rows[~there][: count // 2]])


def updates(spec, ranks, rows=None, portions=None):
    """Losses, weights and gradients of three steps, and the parameters after them."""
    exp = experiment(spec, ranks)
    rows = uneven(exp) if rows is None else exp.data.splits["train"][rows]
    active, found = exp.present(rows), {"losses": [], "weights": [], "maps": [], "none": []}
    for number in range(1, 4):
        measured = step(exp, rows, active, number, exp.affinity is not None, portions)
        found["losses"] += measured.losses.tolist()
        found["weights"] += measured.weights.tolist()
        found["none"] += [p.grad is None for p in exp.model.parameters()]
        if measured.map is not None:
            found["maps"] += measured.map.matrix.flatten().tolist()
            found["maps"] += measured.map.gramian.flatten().tolist()
    gradients = [p.grad for p in exp.model.parameters() if p.grad is not None]
    found["gradients"] = torch.cat([g.flatten() for g in gradients]).tolist()
    found["parameters"] = torch.cat([p.detach().flatten() for p in exp.trained]).tolist()
    return found


def gramians(ranks):
    """The Gramian of a batch by both processes and by one, and the mean of the two parts' own."""
    exp = experiment(SPEC, ranks)
    rows = uneven(exp)
    rows = rows[exp.data.labelled["parity"][rows]]

    def gramian(of):
        return one_pass(exp, of, [0, 1, 2], 1, True).taken.gramian()

    together = gramian(rows)
    exp.ranks = ALONE
    alone = gramian(rows)
    local = torch.stack([gramian(part) for part in rows.tensor_split(2)]).mean(0)
    return {"together": together.tolist(), "alone": alone.tolist(), "mean of local": local.tolist()}


def curve(spec, ranks):
    state = State(Experiment(spec, ranks))
    if ranks.many:
        check_exact(state.exp)
    return [json.loads(to_line(record)) for record in train(state, Inbox(), lambda: None)]


def refusal(ranks, **more):
    try:
        train_together(SPEC.replace(**more), ranks, progress=False, out="never")
    except WorkbenchError as error:
        return error.faults
    return []


def diverged(ranks):
    """What is said where a number of the second process's part alone is none, and where the update overflows."""
    said = []
    for broken, lr in ((True, 0.05), (False, 1e30)):
        exp = Experiment(SPEC.replace(lr=lr), ranks)
        rows = exp.data.splits["train"][:9]
        if broken:
            exp.data.views["image"][rows[-1]] = torch.nan
        try:
            for number in range(1, 6):
                step(exp, rows, [0, 1, 2], number, False)
        except Diverged as error:
            said.append(str(error))
    return said


def commands(ranks, out):
    """A run that is paused for several beats, gets another rate and is stopped: where each process is at its end."""
    spec = SPEC.replace(epochs=100_000, weighting="fixed")
    ranks.beat = 0.05
    if not ranks.main:
        state = State(Experiment(spec, ranks))
        records = train(state, Inbox(), lambda: None)
        applied = [record.command for record in records if isinstance(record, Applied) and steers(record)]
        return [state.position.step, state.position.lr, applied]
    session = Session(spec, out, paused=True, ranks=ranks)
    session.start()
    ranks.sum_ = counting(ranks.sum_, 20, lambda: session.set(lr=0.25), lambda: session.stop())
    beats(ranks, 8)
    session.resume()
    run = session.wait()
    return [session.step_number, session.lr, [command["command"] for command in run.steering]]


def beats(ranks, count):
    """Wait until a paused run has looked up some times."""
    seen, several = [], threading.Event()
    tell = ranks.broadcast_

    def broadcast_(x):
        seen.append(x)
        if len(seen) == count:
            several.set()
        return tell(x)

    ranks.broadcast_ = broadcast_
    assert several.wait(30)
    ranks.broadcast_ = tell


def counting(function, after, *calls):
    """A function that calls others, one each at its next calls after some."""
    count = 0

    def counted(x):
        nonlocal count
        count += 1
        if after < count <= after + len(calls):
            calls[count - after - 1]()
        return function(x)

    return counted


def lost(ranks, out):
    """What is said once the second process is gone in the middle of a run, and what is left of the run."""
    if not ranks.main:
        ranks.sum_ = counting(ranks.sum_, 5, lambda: os._exit(0))
    try:
        train_together(SPEC.replace(epochs=100_000), ranks, progress=False, out=out)
    except Lost as error:
        (folder,) = Path(out).glob("*")
        return [str(error), RunFolder(folder).summary()]
    return None


def main(rank: int, place: str, results: str) -> None:
    torch.set_num_threads(1)
    ranks = Group(rank, 2, timedelta(seconds=60), f"file://{place}")
    found = {"updates": {}, "curves": {}, "refused": {}}

    def both(of):
        return {"together": of(ranks), "alone": of(ALONE) if ranks.main else None}

    found["curves"]["all labels"] = both(lambda r: curve(SPEC.replace(epochs=3, weighting="cagrad"), r))
    gappy()
    with in_double():
        for name, more in UPDATES.items():
            found["updates"][name] = both(lambda r, more=more: updates(SPEC.replace(**more), r))
        parts = {0: 5, 1: 4, 2: 8}
        found["updates"]["parts"] = both(lambda r: updates(SPEC, r, portions=parts))
        for weighting, gradients in (("equal", "exact"), ("graddrop", "exact"), ("graddrop", "representation")):
            spec = SPEC.replace(weighting=weighting, gradients=gradients)
            name = f"one row, {weighting}, {gradients}"
            found["updates"][name] = both(lambda r, spec=spec: updates(spec, r, rows=slice(0, 1)))
        found["gramians"] = gramians(ranks)
    for name, more in CURVES.items():
        found["curves"][name] = both(lambda r, more=more: curve(SPEC.replace(**{"epochs": 2, **more}), r))
    for name, more in REFUSED.items():
        found["refused"][name] = refusal(ranks, **more)
    found["diverged"] = both(diverged)
    found["commands"] = commands(ranks, f"{results}.runs")
    if not ranks.main:
        Path(results).write_text(json.dumps(found))
    found["lost"] = lost(ranks, f"{results}.lost")
    Path(results).write_text(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
    end(0)
