"""Intent and slots of requests to a home assistant: one BiLSTM + CRF for both tasks against one network for each.

``python tests/benchmarks/nlu_home.py [--data FOLDER] [--seeds 3] [--json]``. The folder of real data is that of the
tests (``WORKBENCH_TEST_DATA``, or ``../shared/data`` beside the checkout). Everything is learned from nothing. Joint
and separate networks have the same encoder, epochs, batches and learning rate (of 0.004 and 0.01 the better one for the
joint network of the first seed); the epoch is picked on validation, and test is what is told. Seeds are paired: a seed
splits and shuffles alike for both.
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


def spec(folder: Path, tasks: list[str], weighting: str, seed: int, epochs: int) -> wb.Spec:
    """One network."""
    return wb.Spec(
        problem={"name": "intents", "path": str(folder / "nlu_home"), "decoder": "crf"},
        tasks=tasks,
        encoder={"name": "bilstm", "embedding": 96, "units": 96, "dropout": 0.3},
        weighting=weighting,
        lr=1e-2,
        lr_schedule="cosine",
        batch_size=64,
        epochs=epochs,
        val_fraction=0.1,
        affinity=None,
        device="cpu",
        seed=seed,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("WORKBENCH_TEST_DATA", DEFAULT)))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--plans", nargs="*", default=["separate", "joint"], choices=PLANS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found: dict[str, dict[str, list[float]]] = {name: {task: [] for task in TASKS} for name in options.plans}
    since, worked = perf_counter(), process_time()
    with tempfile.TemporaryDirectory() as store:
        for seed in range(options.seeds):
            for name in options.plans:
                for tasks, weighting in PLANS[name]:
                    made = spec(options.data, tasks, weighting, seed, options.epochs)
                    run = wb.train(made, progress=False, out=store)
                    for task in tasks:
                        found[name][task].append(run.summary["tasks"][task]["test"])
    seconds = {"seconds": perf_counter() - since, "of work": process_time() - worked}
    if options.json:
        print(json.dumps({**found, **seconds}))
        return
    for name, values in found.items():
        for task, metric in TASKS.items():
            shown = ", ".join(f"{value:.3f}" for value in values[task])
            print(f"{name:20s} {task} {metric:9s} {statistics.mean(values[task]):.3f}   ({shown})")
    print(f"{seconds['seconds']:.0f} s, {seconds['of work']:.0f} s of work")


if __name__ == "__main__":
    main()
