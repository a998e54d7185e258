"""Where files go."""

import subprocess
import sys
from pathlib import Path

import pytest

from workbench import files
from workbench.component import WorkbenchError


def test_the_environment_decides(monkeypatch, tmp_path):
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "here"))
    assert files.data_folder() == tmp_path / "here"
    assert files.cache_folder() == tmp_path / "here" / "cache"
    assert not files.cache_folder().exists()


def test_a_checkout_keeps_its_own_data(monkeypatch, tmp_path):
    monkeypatch.delenv("WORKBENCH_DATA")
    monkeypatch.setattr(files, "__file__", str(tmp_path / "workbench" / "files.py"))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    assert files.data_folder() == tmp_path / "user" / "mtl-workbench"
    (tmp_path / "pyproject.toml").touch()
    assert files.data_folder() == tmp_path / "data"


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(WorkbenchError, match="cannot be made"):
        files.make_folder(tmp_path / "file" / "below")


def test_no_torch_is_needed():
    code = "import sys; sys.path.insert(0, sys.argv[1]); import workbench.files; sys.exit('torch' in sys.modules)"
    root = Path(files.__file__).parents[1]
    assert subprocess.run([sys.executable, "-c", code, str(root)], check=False).returncode == 0
