"""Every preset fills the controls, trains fast, and shows what its name says, in the weakest honest form."""

from itertools import combinations

import numpy as np
import pytest

from workbench.runs.train import start
from workbench.spec import Spec
from workbench.widgets.live import Panel
from workbench.widgets.names import choose
from workbench.widgets.pickers.presets import PRESETS

KNOWN = {preset.name: preset.spec for preset in PRESETS}


@pytest.fixture(autouse=True)
def store(monkeypatch, tmp_path):
    monkeypatch.setenv("WORKBENCH_RUNS", str(tmp_path))


def trained(spec: Spec, every: int | None = 1):
    """The session of a run that measured every step, or none."""
    session = start(spec.replace(affinity=every and {"name": "gradient_cosine", "every": every}))
    assert session.wait().summary["status"] == "done"
    return session


def last(session, task, quantity, split="val"):
    return session.history.curves[split, task, quantity].values[-1]


def test_one_task_dominates():
    spec = KNOWN["one task dominates"]
    assert spec.weighting == "equal"
    session = trained(spec)
    lengths = np.array([np.sqrt(np.diag(at.G)) for at in session.history.gramians])
    shares = (lengths / lengths.sum(1, keepdims=True)).mean(0)
    assert shares.max() > 0.8


def test_conflicting_tasks():
    session = trained(KNOWN["conflicting tasks"])
    cosines = np.array([matrix[0, 1] for _, matrix in session.history.affinities])
    assert len(cosines) == session.total_steps
    assert (cosines < 0).mean() > 0.5


def test_little_data():
    spec = KNOWN["little data"]
    session = trained(spec)
    assert session.exp.data.rows["train"] < 100 if hasattr(session.exp.data, "rows") else spec.train_fraction < 0.1
    for task in spec.tasks:
        assert last(session, task, "loss", "train") < 0.2 * last(session, task, "loss")


def test_negative_transfer():
    """Mean of three seeds, validation loss: every task is worse than alone."""
    together, alone = [], []
    for seed in range(3):
        spec = KNOWN["negative transfer"].replace(seed=seed)
        session = trained(spec, every=None)
        together.append([last(session, task, "loss") for task in session.tasks])
        alone.append([last(trained(spec.replace(tasks=[task]), every=None), task, "loss") for task in session.tasks])
    worse = np.mean(together, 0) - np.mean(alone, 0)
    assert worse.min() > 0.1


def test_many_tasks():
    """Sixteen of them, and in the mean of the first half of the maps each is closest to the other of its pair."""
    session = trained(KNOWN["many tasks"])
    assert len(session.tasks) == 16
    maps = np.mean([matrix for _, matrix in session.history.affinities[: session.total_steps // 2]], 0)
    pairs = [maps[i, i + 1] for i in range(0, 16, 2)]
    others = [maps[i, j] for i, j in combinations(range(16), 2) if i // 2 != j // 2]
    assert min(pairs) > max(others)


def test_words():
    session = trained(KNOWN["words: intent and slots"])
    assert last(session, "intent", "accuracy") > 0.9
    assert last(session, "slots", "f1") > 0.6


def test_names_and_ideas_are_short_and_one_of_a_kind():
    assert len(KNOWN) == len(PRESETS) >= 6
    assert all(len(preset.name) <= 30 and len(preset.idea) <= 120 for preset in PRESETS)


@pytest.fixture
def live():
    panel = Panel(Spec(tasks=["digit", "ink"]), choose())
    yield panel
    panel.close()


def test_a_preset_fills_all_controls_and_says_when_it_was_changed(live):
    preset = live.preset.widget
    assert preset.value == "none"
    for name, spec in KNOWN.items():
        preset.value = name
        assert live.spec == spec
        assert live.message == ""
        assert preset.value == name
    rate = live.pickers.fields["lr"].widget
    before, rate.value = rate.value, 0.5
    assert preset.value == "words: intent and slots (changed)"
    rate.value = before
    assert preset.value == "words: intent and slots"
    assert "words: intent and slots (changed)" not in preset.options
    rate.value = 0.5
    preset.value = "words: intent and slots"  # chosen again, it is as it was
    assert live.spec == KNOWN["words: intent and slots"]
    preset.value = "none"
    assert live.spec == KNOWN["words: intent and slots"]
    live.pickers.fields["lr"].widget.value = 0.5
    assert preset.value == "none"
    assert live.errors == []


def test_a_faulty_control_is_a_change_too(live):
    live.preset.widget.value = "little data"
    live.pickers.fields["clip"].widget.value = "much"
    assert live.preset.widget.value == "little data (changed)"


def test_a_panel_of_a_preset_shows_its_name_and_a_locked_one_offers_none():
    panel = Panel(KNOWN["many tasks"], choose())
    assert panel.preset.widget.value == "many tasks"
    panel.close()
    panel = Panel(Spec(), choose(lock=["problem"]))
    assert panel.preset.widget.disabled
    panel.close()
