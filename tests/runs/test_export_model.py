"""Models taken away: the file gives what the run predicts, for any batch size, and says what its numbers mean."""

import json
from importlib.util import find_spec

import pytest
import torch

import workbench as wb
from workbench.cli import main

ONNX = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("onnx", "onnxruntime", "onnxscript")),
    reason="the extra onnx is not installed",
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    spec = wb.Spec(tasks=["digit", "ink"], encoder={"name": "cnn", "channels": 4, "width": 16}, epochs=1)
    return wb.train(spec, progress=False, out=tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def views(run):
    _, data, _ = run.rebuilt()
    return data.batch(data.splits["test"])[0]


def agree(found, run, views):
    predicted = run.predict(views)
    assert torch.equal(torch.as_tensor(found["digit"]).argmax(-1), predicted["digit"])
    assert torch.allclose(torch.as_tensor(found["digit"]).sum(-1), torch.ones(len(predicted["digit"])), atol=1e-5)
    assert torch.allclose(torch.as_tensor(found["ink"]), predicted["ink"], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("many", [1, 2, 100])
def test_pt2_gives_what_the_run_predicts(run, views, many, tmp_path):
    path = run.export_model(tmp_path / "model.pt2")
    extra = {"tasks.json": ""}
    model = torch.export.load(path, extra_files=extra).module()
    given = {name: x[:many] for name, x in views.items()}
    agree(model(given), run, given)
    about = json.loads(extra["tasks.json"])
    assert about["digit"]["classes"] == [str(digit) for digit in range(10)]
    assert about["ink"]["mean"] > 0
    assert [file.name for file in tmp_path.iterdir()] == ["model.pt2"]


@ONNX
def test_onnx_gives_what_the_run_predicts(run, views, tmp_path):
    import onnxruntime

    path = run.export_model(tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert [each.name for each in session.get_outputs()] == ["digit", "ink"]
    for many in (1, 100):
        given = {name: x[:many] for name, x in views.items()}
        found = session.run(None, {name: x.numpy() for name, x in given.items()})
        agree(dict(zip(["digit", "ink"], found, strict=True)), run, given)
    assert "digit" in json.loads(session.get_modelmeta().custom_metadata_map["tasks"])


def test_the_command_line_exports_a_model(run, tmp_path, capsys):
    path = tmp_path / "model.pt2"
    assert main(["runs", "export", run.path.name, str(path), "--store", str(run.path.parent)]) == 0
    assert capsys.readouterr().out.strip() == str(path)
    assert set(torch.export.load(path).module()({"image": torch.rand(3, 1, 8, 8)})) == {"digit", "ink"}


@pytest.mark.parametrize("fusion", ["mmoe", "ensemble", "partitioned", "attention"])
def test_other_fusions(fusion, store, tmp_path):
    problem = "views" if fusion in ("ensemble", "attention") else "digits"
    spec = wb.Spec(problem=problem, tasks=["digit", "slant"], fusion=fusion, encoder="cnn", epochs=1, batch_size=512)
    run = wb.train(spec, progress=False)
    path = run.export_model(tmp_path / "model.pt2")
    _, data, _ = run.rebuilt()
    views, _ = data.batch(data.splits["test"])
    found = torch.export.load(path).module()(views)
    assert torch.equal(found["digit"].argmax(-1), run.predict(views)["digit"])


def test_a_text_is_refused(store, tmp_path):
    problem = {"name": "intents", "count": 150}
    run = wb.train(wb.Spec(problem=problem, encoder="bilstm", epochs=1, batch_size=32), progress=False)
    with pytest.raises(wb.WorkbenchError, match=r"is a text.*run\.predict takes texts"):
        run.export_model(tmp_path / "model.pt2")
    assert not list(tmp_path.glob("model*"))


@pytest.mark.parametrize(
    ("name", "words"),
    [("model.pth", ".pt2 or .onnx, found 'model.pth'"), ("nowhere/model.pt2", "no folder .*nowhere")],
)
def test_bad_paths(run, name, words, tmp_path):
    with pytest.raises(wb.WorkbenchError, match=words):
        run.export_model(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_missing_package_is_one_sentence(run, tmp_path, monkeypatch):
    from workbench.runs import export_model

    monkeypatch.setattr(export_model, "PACKAGES", ("onnx_that_nobody_has",))
    with pytest.raises(wb.WorkbenchError, match=r"needs onnx_that_nobody_has: install mtl-workbench\[onnx\]"):
        run.export_model(tmp_path / "model.onnx")


def test_a_file_that_gives_other_numbers_is_not_written(run, tmp_path, monkeypatch):
    from workbench.runs import export_model

    right = export_model.FORMATS[".pt2"]

    def wrong(*given):
        again = right(*given)
        return lambda views: {name: x + 1 for name, x in again(views).items()}

    monkeypatch.setitem(export_model.FORMATS, ".pt2", wrong)
    with pytest.raises(wb.WorkbenchError, match="gave other numbers than the model"):
        run.export_model(tmp_path / "model.pt2")
    assert not list(tmp_path.iterdir())


def test_a_model_that_cannot_be_exported_is_one_sentence(store, tmp_path, capfd):
    run = wb.train(wb.Spec(tasks=["digit", "ink"], fusion="ltb", epochs=1, batch_size=512), progress=False)
    with pytest.raises(wb.WorkbenchError, match="This model cannot be exported: ") as found:
        run.export_model(tmp_path / "model.pt2")
    assert len(str(found.value).splitlines()) == 1
    assert capfd.readouterr().err == ""
    assert not list(tmp_path.glob("*model*"))
