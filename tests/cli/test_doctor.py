import json
import shutil

import torch

from workbench.cli import doctor, main


def findings(capsys):
    status = main(["doctor", "--json"])
    return status, {row["name"]: row for row in json.loads(capsys.readouterr().out)}


def test_this_machine_can_run_the_workbench(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_RUNS", str(tmp_path / "runs"))
    status, found = findings(capsys)
    assert status == 0
    assert torch.__version__ in found["torch"]["found"]
    assert found["anywidget in JupyterLab"]["state"] == "ok"
    assert str(tmp_path / "runs") in found["run store"]["found"]
    assert not (tmp_path / "runs").exists()


def test_text_says_the_same(capsys):
    main(["doctor", "--json"])
    rows = json.loads(capsys.readouterr().out)
    main(["doctor"])
    out = capsys.readouterr().out
    assert all(row["name"] in out for row in rows)


def test_missing_browser_parts_are_a_fault_with_a_way_out(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda *parts: [str(tmp_path)])
    status, found = findings(capsys)
    assert status == 1
    assert found["anywidget in JupyterLab"]["state"] == "fault"
    assert "anywidget" in found["anywidget in JupyterLab"]["do"]


def test_an_unwritable_store_is_a_fault(capsys, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("WORKBENCH_RUNS", str(tmp_path / "file" / "runs"))
    status, found = findings(capsys)
    assert status == 1
    assert found["run store"]["state"] == "fault"
    assert "WORKBENCH_RUNS" in found["run store"]["do"]


def test_no_browser_is_only_a_note(capsys, monkeypatch):
    monkeypatch.setattr("workbench.plots.figure.chrome", lambda: None)
    _, found = findings(capsys)
    assert found["PNG pictures"]["state"] == "note"


def test_a_cuda_build_without_a_gpu_is_said_as_it_is(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    _, device = doctor.torch_and_device()
    assert (device.state, device.found.partition(":")[0]) == ("ok", "cpu")
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(torch.version, "cuda", "12.4")
    _, device = doctor.torch_and_device()
    assert device.state == "note"
    assert "12.4" in device.found
