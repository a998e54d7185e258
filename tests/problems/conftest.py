"""Real inputs, where they are, and a cache of the test's own."""

import os
from pathlib import Path

import pytest


@pytest.fixture
def real_data() -> Path:
    """The folder of real data sets; tests that need it are skipped where it is absent."""
    default = Path(__file__).resolve().parents[2].parent / "shared" / "data"
    folder = Path(os.environ.get("WORKBENCH_TEST_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder}; set WORKBENCH_TEST_DATA")
    return folder


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing a test stores lands in the checkout."""
    folder = tmp_path_factory.mktemp("data")
    monkeypatch.setenv("WORKBENCH_DATA", str(folder))
    return folder
