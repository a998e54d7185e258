"""``import workbench`` is light, and what it promises is there."""

import ast
import builtins
import re
import subprocess
import sys
from pathlib import Path

import pytest

import workbench as wb

HEAVY = ("torch", "pandas", "plotly", "pydantic", "numpy", "ipywidgets", "papermill", "IPython")
FACE = (
    "Spec train start open resume Run Session Comparison compare baseline panel components register runs weightings "
    "problems encoders fusions plots WorkbenchError"
).split()


def modules_after(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import workbench",
        "import workbench; dir(workbench)",
        "import workbench.cli",
        "import contextlib, io, workbench.cli\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n"
        "    workbench.cli.main(['--help'])",
    ],
    ids=["import", "dir", "command line", "help"],
)
def test_nothing_heavy_is_loaded(code):
    loaded = modules_after(code)
    assert "workbench" in loaded
    assert not loaded & set(HEAVY)


def test_a_spec_needs_no_widgets_and_no_plots():
    loaded = modules_after("import workbench; workbench.Spec()")
    assert "torch" in loaded  # its components are made of it
    assert not loaded & {"plotly", "ipywidgets", "papermill", "IPython"}


def test_torchmetrics_waits_for_the_first_metric():
    assert "torchmetrics" not in modules_after("import workbench; workbench.Spec(); import workbench.tasks.metrics")


def test_the_panel_loads_what_a_run_needs_in_a_thread():
    code = """import threading, workbench
workbench.panel(workbench.Spec(), live=True)
(warm,) = [thread for thread in threading.enumerate() if "warm" in thread.name]
warm.join()"""
    assert "torchmetrics" in modules_after(code)


def test_the_first_metric_loads_torchmetrics():
    code = "import torch; from workbench.tasks import metrics; metrics.mae(torch.ones(1), torch.ones(1))"
    assert "torchmetrics" in modules_after(code)


@pytest.mark.parametrize("name", FACE)
def test_the_face_is_there(name):
    assert getattr(wb, name) is not None
    assert name in dir(wb)


def test_every_listed_name_is_there():
    assert set(FACE) <= set(dir(wb))
    for name in dir(wb):
        assert getattr(wb, name) is not None


def test_type_checkers_see_the_same_names():
    tree = ast.parse(Path(wb.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.asname or alias.name for node in block.body for alias in node.names}
    assert seen == set(wb._NAMES)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'trian'"):
        wb.trian  # noqa: B018


def test_a_star_import_leaves_the_builtin_open_alone():
    assert "train" in wb.__all__
    assert not set(wb.__all__) & set(dir(builtins))


def test_what_is_imported_is_declared():
    """Every package that the code imports is one that the distribution asks for."""
    imported = set()
    house = Path(wb.__file__).parent
    for path in house.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                imported.add(node.module.split(".")[0])
    foreign = imported - set(sys.stdlib_module_names) - {"workbench"}
    assert len(foreign) > 10
    project = (house.parent / "pyproject.toml").read_text(encoding="utf-8")
    declared = {name.replace("-", "_") for name in re.findall(r'"([\w-]+)>=', project)} | {"kaleido"}
    named = {"sklearn": "scikit_learn", "IPython": "ipython"}
    assert not {named.get(module, module) for module in foreign} - declared
