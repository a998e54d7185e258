"""Small specs and a store of their own for every test."""

import pytest

from workbench.spec import Spec


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture
def small() -> Spec:
    return Spec(tasks=["digit", "parity", "ink"], encoder={"name": "mlp", "width": 32}, epochs=3, batch_size=128)
