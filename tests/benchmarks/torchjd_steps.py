"""Training steps as one would write them with TorchJD 0.18, on the workloads of ``workbench bench``.

Routes: ``backward`` takes the jacobian of all parameters, ``mtl`` (its ``mtl_backward``) that of the shared ones behind
the features, each one task after another (``parallel_chunk_size=1``) or all at once (``batched``); ``autogram`` takes
the gramian of the shared parameters, then one weighted backward pass. Where a method has a gramian form, jacobians are
not concatenated (``optimize_gramian_computation``).
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torchjd import aggregation as jd
from torchjd.autogram import Engine
from torchjd.autojac import backward, jac, jac_to_grad, mtl_backward

from workbench.runs.workloads import WORKLOADS, Bench

Step = Callable[[], None]

#: our name -> TorchJD's method. Its CAGrad and Nash-MTL need a convex programming package and are left out.
METHODS: dict[str, Callable[[], Any]] = {
    "mgda": jd.MGDA,
    "pcgrad": jd.PCGrad,
    "gradvac": jd.GradVac,
    "imtl_g": jd.IMTLG,
    "config": jd.ConFIG,
    "aligned_mtl": jd.AlignedMTL,
    "upgrad": jd.UPGrad,
    "dualproj": jd.DualProj,
    "fairgrad": lambda: jd.FairGrad(2.0),
    "krum": lambda: jd.Krum(0, 1),
    "graddrop": jd.GradDrop,
    "modo": jd.MoDoWeighting,
    "sdmgrad": jd.SDMGradWeighting,
}
#: fewest tasks that a method of theirs takes, where it is more than two
AT_LEAST = {"krum": 3}
ROUTES = ("backward", "backward batched", "mtl", "mtl batched", "autogram")


def routes(workload: str, name: str) -> tuple[str, ...]:
    """The routes that TorchJD offers for a method; none where it does not have it."""
    tasks = len(WORKLOADS[workload].problem.task_names())
    if name not in METHODS or tasks < AT_LEAST.get(name, 2):
        return ()
    method = METHODS[name]()
    if isinstance(method, jd.Aggregator):
        return ROUTES if isinstance(method, jd.GramianWeightedAggregator) else ROUTES[:-1]
    return ROUTES[:2]


def step_of(workload: str, name: str, route: str) -> Step:
    """A step of a method by a route."""
    bench, method = Bench(workload, "equal"), METHODS[name]()
    exp, chunk = bench.exp, None if route.endswith("batched") else 1

    def losses(rows: Tensor) -> tuple[list[Tensor], Tensor]:
        views, targets = exp.data.batch(rows)
        features = exp.model.sharing(views, exp.names)
        outputs = exp.model.outputs(features)
        found = [task.mean_loss(outputs[task.name], targets[task.name]) for task in exp.tasks]
        return found, features[exp.names[0]].values

    def of_halves() -> None:
        halves = [torch.stack(losses(rows)[0]) for rows in bench.rows.tensor_split(2)]
        first, second = (
            torch.cat(
                [rows.flatten(1) for rows in jac(half, exp.shared, retain_graph=True, parallel_chunk_size=chunk)], 1
            )
            for half in halves
        )
        weights = method(first @ second.T)
        (sum(halves) / 2).backward(weights)

    def of_jacobian() -> None:
        found, features = losses(bench.rows)
        if route.startswith("mtl"):
            own = [exp.model.task_parameters(task) for task in exp.names]
            mtl_backward(found, features, tasks_params=own, shared_params=exp.shared, parallel_chunk_size=chunk)
            moved = exp.shared
        else:
            backward(found, parallel_chunk_size=chunk)
            moved = list(exp.model.parameters())
        if isinstance(method, jd.GramianWeightedAggregator):
            jac_to_grad(moved, method, optimize_gramian_computation=True)
        else:
            jac_to_grad(moved, method)

    def of_gramian() -> None:
        stacked = torch.stack(losses(bench.rows)[0])
        stacked.backward(method.gramian_weighting(engine.compute_gramian(stacked)))

    if route == "autogram":
        engine = Engine(exp.model.sharing, batch_dim=None)
    update = of_gramian if route == "autogram" else of_jacobian if isinstance(method, jd.Aggregator) else of_halves

    def step() -> None:
        exp.optimizer.zero_grad()
        update()
        exp.optimizer.step()

    return step
