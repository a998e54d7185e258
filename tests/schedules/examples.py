"""What the tests of schedules share."""

import workbench as wb
from workbench.component import component
from workbench.schedules.base import Roster, Schedule

SPEC = wb.Spec(
    tasks=["digit", "parity", "ink"], encoder={"name": "mlp", "width": 16}, epochs=3, batch_size=300, affinity=None
)
#: settings with which every schedule learns something within a few steps
SETTINGS = {
    "active": {"targets": {"digit": 0.95, "parity": 0.95, "ink": 0.5}},
    "exp3": {"every": 3},
    "son_goku": {"every": 3},
    "affinity_groups": {"every": 3},
    "pike": {"every": 3, "balanced": True},
}


def chosen(name: str) -> dict:
    return {"name": name, **SETTINGS.get(name, {})}


def roster(names="abc", **changes) -> Roster:
    known = {
        "labels": [100] * len(names),
        "steps": 40,
        "steps_per_epoch": 10,
        "seed": 3,
        "higher_is_better": [True] * len(names),
        "skills": lambda: [0.5] * len(names),
    }
    return Roster(list(names), **{**known, **changes})


def begun(name: str, told: Roster | None = None, **settings) -> Schedule:
    schedule = component("schedule", name)(**settings)
    schedule.begin(told or roster())
    return schedule
