"""Intent and slots of requests to a home assistant: one BiLSTM + CRF for both tasks against one network for each.

``python tests/benchmarks/nlu_home.py [--data FOLDER] [--seeds 3] [--epochs 10] [--json]``. The folder of real data is
that of the tests (``WORKBENCH_TEST_DATA``, or ``../shared/data`` beside the checkout). Everything is learned from
nothing, with the same encoder, epochs and batches.

Every network has its learning rate chosen by itself, of the same three, with seed 0 and by its validation score (the
mean over its tasks of accuracy and F1, in its best epoch). Test rows are looked at only afterwards: all seeds with the
rate so chosen. Seeds are paired: a seed splits and shuffles alike for all networks.
"""

import argparse
import json
import os
import statistics
import tempfile
from pathlib import Path
from time import perf_counter, process_time

import workbench as wb

DEFAULT = Path(__file__).resolve().parents[2].parent / "shared" / "data"
TASKS = {"intent": "accuracy", "slots": "f1"}
#: name -> the tasks of each network, and how their losses are weighed
PLANS = {
    "separate": [(["intent"], "equal"), (["slots"], "equal")],
    "joint": [(["intent", "slots"], "equal")],
    "joint, uncertainty": [(["intent", "slots"], "uncertainty")],
}
#: learning rates to choose from
RATES = (3e-3, 1e-2, 3e-2)


def spec(folder: Path, tasks: list[str], weighting: str, lr: float, seed: int, epochs: int) -> wb.Spec:
    """One network."""
    return wb.Spec(
        problem={"name": "intents", "path": str(folder / "nlu_home"), "decoder": "crf"},
        tasks=tasks,
        encoder={"name": "bilstm", "embedding": 96, "units": 96, "dropout": 0.3},
        weighting=weighting,
        lr=lr,
        lr_schedule="cosine",
        batch_size=64,
        epochs=epochs,
        val_fraction=0.1,
        affinity=None,
        device="cpu",
        seed=seed,
    )


def values(run: wb.Run, split: str) -> dict[str, float]:
    """The metric of each task of a run, on ``val`` or ``test``."""
    return {name: task[split] for name, task in run.summary["tasks"].items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("WORKBENCH_TEST_DATA", DEFAULT)))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found: dict[str, dict[str, list[float]]] = {name: {task: [] for task in TASKS} for name in PLANS}
    scores: dict[str, dict[float, float]] = {}
    since, worked = perf_counter(), process_time()
    with tempfile.TemporaryDirectory() as store:

        def train(tasks: list[str], weighting: str, lr: float, seed: int) -> wb.Run:
            made = spec(options.data, tasks, weighting, lr, seed, options.epochs)
            return wb.train(made, progress=False, out=store)

        for plan, networks in PLANS.items():
            for tasks, weighting in networks:
                tried = {lr: train(tasks, weighting, lr, seed=0) for lr in RATES}
                score = {lr: statistics.mean(values(run, "val").values()) for lr, run in tried.items()}
                best = max(score, key=lambda lr: score[lr])
                scores[f"{plan}: {' + '.join(tasks)}"] = score
                for seed in range(options.seeds):
                    run = train(tasks, weighting, best, seed) if seed else tried[best]
                    for task, value in values(run, "test").items():
                        found[plan][task].append(value)
    seconds = {"seconds": perf_counter() - since, "of work": process_time() - worked}
    if options.json:
        print(json.dumps({"validation": scores, "test": found, **seconds}))
        return
    for network, score in scores.items():
        print(f"{network:34s} " + ", ".join(f"lr {lr:g}: {value:.4f}" for lr, value in score.items()) + " (validation)")
    for plan, metrics in found.items():
        for task, reached in metrics.items():
            shown = ", ".join(f"{value:.3f}" for value in reached)
            print(f"{plan:20s} {task} {TASKS[task]:9s} {statistics.mean(reached):.3f}   ({shown})")
    print(f"{seconds['seconds']:.0f} s, {seconds['of work']:.0f} s of work")


if __name__ == "__main__":
    main()
