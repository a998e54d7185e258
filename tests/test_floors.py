"""The floors of the house: which part may import which, read from the imports themselves."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import workbench
from workbench.component import FAMILIES as FAMILY_NAMES

HOUSE = Path(workbench.__file__).parent

GROUND = {"component", "spec", "texts", "files", "features", "cosines", "__version__"}
LOW = {"tasks", "encoders", "weightings", "affinities", "schedules", "sampling", "optimizers", "toys"}
FAMILIES = LOW | {"fusions", "problems", "gradients"}
TOP = {"checks", "takeaway", "widgets", "notebooks", "cli", "course", "__main__"}

#: part -> the parts it stands on as a whole
STANDS_ON = {
    "component": {"spec"},
    "spec": {"component", "texts"},
    "texts": {"component"},
    "files": {"component"},
    "features": set(),
    "cosines": set(),
    "plots": set(),
    "__init__": set(),
    **dict.fromkeys(LOW, GROUND),
    "fusions": GROUND | {"tasks", "encoders"},
    "problems": GROUND | {"tasks", "encoders"},
    "gradients": GROUND,
    "training": GROUND,
    "runs": GROUND | {"training", "plots"},
}
#: part -> the parts of which it knows no method, only the modules that register none: base classes and what they share
KNOWS_NO_METHOD_OF = {"gradients": FAMILIES, "training": FAMILIES, "runs": FAMILIES}


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything of ours that a module imports, wherever in it, type checking left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = ["workbench", *path.relative_to(HOUSE).with_suffix("").parts[:-1]]
    for node in _without_type_checking(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                inner = HOUSE.joinpath(*module.split(".")[1:], alias.name)
                is_module = inner.is_dir() or inner.with_suffix(".py").is_file()
                deeper = is_module or (module, alias.name) == ("workbench", "__version__")
                yield node.lineno, f"{module}.{alias.name}" if deeper else module


def _without_type_checking(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
            continue
        yield child
        yield from _without_type_checking(child)


def part_of(path: Path) -> str:
    return path.relative_to(HOUSE).with_suffix("").parts[0]


def crossings(path: Path) -> list[str]:
    """The imports of a module that its floor does not allow."""
    here = part_of(path)
    if here in TOP:
        return []
    found = []
    for line, name in imports(path):
        words = name.split(".")
        if words[0] != "workbench" or (len(words) > 1 and words[1] == here):
            continue
        reached = words[1] if len(words) > 1 else "the whole package"
        no_method = reached in KNOWS_NO_METHOD_OF.get(here, ()) and registers_nothing(words[1:])
        if reached not in STANDS_ON[here] and not no_method:
            found.append(f"{path.relative_to(HOUSE.parent)}:{line} imports {name}")
    return found


def registers_nothing(words: list[str]) -> bool:
    """Whether a module is a file (a package's face shows its methods too) without a ``@register(...)`` in it."""
    path = HOUSE.joinpath(*words).with_suffix(".py")
    return path.is_file() and not any(
        isinstance(node, ast.ClassDef)
        and any(
            isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "register" for mark in node.decorator_list
        )
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    )


MODULES = sorted(HOUSE.rglob("*.py"))


def test_every_part_has_its_place():
    assert {part_of(path) for path in MODULES} <= set(STANDS_ON) | TOP


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_imports_stay_on_their_floor(path):
    assert not crossings(path)


@pytest.fixture
def house(monkeypatch, tmp_path):
    """A small house to build faults into."""
    for part in (*STANDS_ON, *TOP):
        (tmp_path / part).mkdir()
    (tmp_path / "training" / "loop.py").touch()
    (tmp_path / "weightings" / "base.py").touch()
    (tmp_path / "weightings" / "dwa.py").write_text("@register('weighting', 'dwa')\nclass DWA: ...")
    monkeypatch.setitem(globals(), "HOUSE", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("training/x.py", "from workbench.weightings.scalarizations.dwa import DWA"),
        ("training/x.py", "from workbench.weightings import DWA"),
        ("training/x.py", "from workbench.weightings import dwa"),
        ("training/x.py", "def f():\n    import workbench.widgets"),
        ("weightings/x.py", "from ..training import loop"),
        ("plots/x.py", "from workbench import runs"),
        ("runs/x.py", "import workbench as wb"),
        ("component.py", "from workbench.tasks import base"),
    ],
)
def test_a_crossing_is_seen(where, line, house):
    (house / where).write_text(line)
    assert crossings(house / where)


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("training/x.py", "from workbench.weightings.base import Weighting"),
        ("training/x.py", "from workbench.weightings import base"),
        ("training/x.py", "if TYPE_CHECKING:\n    from workbench.widgets import Panel"),
        ("training/x.py", "from .loop import run"),
        ("runs/x.py", "from workbench import __version__"),
        ("cli/x.py", "import workbench as wb"),
    ],
)
def test_no_crossing_is_seen_where_there_is_none(where, line, house):
    (house / where).write_text(line)
    assert not crossings(house / where)


def test_the_loop_knows_no_weighting_by_name():
    names = set(workbench.components("weighting")["name"]) - set(FAMILY_NAMES)  # the map of a step is called affinity
    assert len(names) >= 8
    for path in (HOUSE / "training").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.Constant) and node.value in names), f"{path}:{node.lineno} {node.value!r}"
