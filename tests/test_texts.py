"""A spec taken away as Python, as a shell line and as a share line comes back as the same spec."""

import json
import random
import shlex

import pytest

import workbench as wb
from workbench.cli import main
from workbench.component import Component, components, from_text, members
from workbench.texts import LARGEST, pack, unpack

ODD = ["my run", "it's", 'say "so"', "[1]", "{", "a,b=c", "--x", "$HOME `ls` \\", "größer ≤ ½", "two\nlines", "\u2028"]


def drawn(settings, dice: random.Random) -> dict:
    """Some settings with other values than their defaults: off their sliders, or one of their choices."""
    found = {}
    for name, setting in settings.items():
        if setting.choices:
            found[name] = dice.choice(setting.choices)
        elif setting.slider and setting.type in (int, float):
            found[name] = setting.type(dice.uniform(setting.slider.low, setting.slider.high))
        elif setting.type is bool:
            found[name] = dice.choice([True, False])
    return {key: value for key, value in found.items() if dice.random() < 0.4}


def random_spec(seed: int) -> wb.Spec:
    """A valid spec, drawn from all that the families hold: what a component objects to is taken back."""
    dice = random.Random(seed)
    names = ["digit", "parity", "loops", "ink", "slant"]
    tasks = dice.sample(names, dice.randint(2, 5))
    spec = wb.Spec(tasks=tasks, name=dice.choice(["", *ODD]), **drawn(wb.Spec.settings(), dice))
    for family in wb.Spec.families():
        chosen: type[Component] = dice.choice(list(members(family).values()))
        try:
            spec = spec.replace(**{family: {"name": chosen.name, **drawn(chosen.settings(), dice)}})
        except wb.WorkbenchError:
            continue
    if dice.random() < 0.5 and spec.chosen("problem")[0] == "digits":
        spec = spec.replace(losses={"digit": dice.choice(["focal", {"name": "focal", "gamma": 3.5}])}, tasks=None)
    if dice.random() < 0.5:
        spec = spec.replace(weighting={"name": "fixed", "weights": {t: dice.random() for t in spec.tasks or names}})
    return spec


@pytest.fixture
def trained(monkeypatch):
    """What would have been trained."""
    seen = []
    monkeypatch.setattr(wb, "train", lambda spec, *args, **more: seen.append((spec, more)) or spec)
    return seen


def again(code: str) -> dict:
    """The names that the code leaves."""
    found: dict = {}
    exec(code, found)
    return found


SEEDS = range(150)


def test_random_specs_differ():
    specs = [random_spec(seed) for seed in SEEDS]
    assert len(set(specs)) > 140
    for family in wb.Spec.families():
        assert len({str(getattr(spec, family)) for spec in specs}) > 1, family


def test_the_python_of_a_spec_makes_it_again(trained):
    for spec in map(random_spec, SEEDS):
        code = spec.to_python()
        assert again(code)["spec"] == spec
        assert max(map(len, code.splitlines())) <= 100
    assert [spec for spec, _ in trained] == [random_spec(seed) for seed in SEEDS]


def test_the_shell_line_of_a_spec_trains_it(trained, monkeypatch, capsys):
    monkeypatch.setattr(wb.Spec, "path", "where", raising=False)
    lines = []
    for spec in map(random_spec, SEEDS):
        lines.append(spec.command())
        assert len(lines[-1].splitlines()) == 1
        assert main(shlex.split(lines[-1])[1:]) == 0
        assert trained[-1][0] == spec
    assert sum("mtl1:" not in line for line in lines) > 100  # the others hold what --set cannot say


def test_the_share_line_of_a_spec_holds_it():
    for spec in map(random_spec, SEEDS):
        assert wb.Spec.from_share(spec.share()) == spec


def test_code_says_only_what_differs_and_is_laid_out():
    assert wb.Spec().to_python() == "import workbench as wb\n\nspec = wb.Spec()\nrun = wb.train(spec)\n"
    code = wb.Spec(
        tasks=["digit", "ink"], weighting={"name": "fixed", "weights": {"digit": 2.0}}, lr=0.01, val_fraction=0.25
    ).to_python()
    assert code.splitlines()[2:] == [
        "spec = wb.Spec(",
        '    tasks=["digit", "ink"],',
        '    weighting={"name": "fixed", "weights": {"digit": 2.0}},',
        "    lr=0.01,",
        "    val_fraction=0.25,",
        ")",
        "run = wb.train(spec)",
    ]


def test_the_shell_line_is_readable():
    assert wb.Spec().command() == "workbench train"
    spec = wb.Spec(tasks=["digit", "ink"], weighting={"name": "dwa", "temperature": 1.0}, clip=2.0, affinity=None)
    assert spec.command() == (
        "workbench train --set tasks=digit,ink --set weighting=dwa --set weighting.temperature=1.0 "
        "--set affinity=none --set clip=2.0"
    )
    fixed = wb.Spec(weighting={"name": "fixed", "weights": {"digit": 2.0, "ink": 0.5}})
    assert fixed.command().endswith("--set weighting.weights=digit=2.0,ink=0.5")
    assert wb.Spec(name="my run").command() == "workbench train --set 'name=my run'"


def test_what_set_cannot_say_goes_as_a_share_line():
    spec = wb.Spec(name="two\nlines")
    assert spec.command() == f"workbench train {spec.share()}"


@pytest.mark.parametrize("text", ["[1]", "{x", "none", ""])
def test_a_text_stays_a_text(text):
    assert from_text(wb.Spec.settings()["name"], text, "name") == text


def test_every_component_in_a_shell_line():
    """Settings of every kind that has a default of its own are said or packed."""
    for family in wb.Spec.families():
        for name in components(family)["name"]:
            try:
                spec = wb.Spec(**{family: name})
            except wb.WorkbenchError:
                continue  # it does not go with the other defaults
            assert spec.command() in (f"workbench train --set {family}={name}", "workbench train")


# ---------------------------------------------------------------- share lines that are none


def damaged() -> list[str]:
    line = wb.Spec(epochs=77, name="a run").share()
    cut = [line[:end] for end in range(0, len(line) - 1, 7)]
    return [
        *cut,
        line[:20] + "é" + line[21:],
        line[:20] + line[24:],
        line + line,
        pack("text"),
        pack([1]),
        pack({"spec": 3}),
    ]


@pytest.mark.parametrize("line", damaged())
def test_a_damaged_line_is_one_sentence(line):
    with pytest.raises(wb.WorkbenchError) as caught:
        wb.Spec.from_share(line)
    assert len(caught.value.faults) == 1
    assert "share line" in caught.value.faults[0]


def test_a_line_that_a_chat_broke_is_whole():
    line = wb.Spec(epochs=77).share()
    assert wb.Spec.from_share(f"  {line[:30]}\n{line[30:]} ") == wb.Spec(epochs=77)


def test_a_line_from_before_is_read():
    line = (
        "mtl1:eNoNykEKgCAQRuG7_GuJWgleJVoMOdggmuiEC_HuuXt8vAEu7_00OGsNlFpcecJLEIWB5IjLoLOERyUHuIFM"
        "ieHgO61BORWupF9ddmz7nD9Sghrk"
    )
    assert wb.Spec.from_share(line) == wb.Spec(
        tasks=["digit", "ink"], weighting={"name": "dwa", "temperature": 1.0}, epochs=77
    )


def test_what_is_too_large_is_refused_on_both_sides():
    with pytest.raises(wb.WorkbenchError, match="at most 1,000,000 characters"):
        pack("x" * LARGEST)
    import base64
    import zlib

    deep = "mtl1:" + base64.urlsafe_b64encode(zlib.compress(b"[" * 500_000)).decode()
    with pytest.raises(wb.WorkbenchError, match="no JSON"):
        unpack(deep)
    assert unpack(pack(["x" * (LARGEST - 10)])) == json.loads(json.dumps(["x" * (LARGEST - 10)]))
