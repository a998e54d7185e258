"""A control for every declared setting: typed, labelled, exact."""

import pytest

from workbench.component import FAMILIES, WorkbenchError, members
from workbench.spec import Spec
from workbench.widgets.pickers.controls import control

EVERY = [
    pytest.param(setting, id=f"{family}-{name}-{setting.name}")
    for family in FAMILIES
    for name, cls in members(family).items()
    for setting in cls.settings().values()
] + [
    pytest.param(setting, id=f"spec-{setting.name}")
    for name, setting in Spec.settings().items()
    if name not in FAMILIES
]


def test_there_are_settings_to_test():
    assert len(EVERY) > 40


@pytest.mark.parametrize("setting", EVERY)
def test_every_declared_setting_has_a_labelled_control_that_keeps_its_default(setting):
    made = control(setting, setting.default, "somewhere")
    assert made.value == setting.default
    assert made.widget.description == setting.name.replace("_", " ")
    assert setting.help in made.widget.tooltip


def settings(family, name):
    return members(family)[name].settings()


def test_kinds_of_controls():
    kinds = {
        "lr": "FloatLogSlider",
        "batch_size": "FloatLogSlider",
        "epochs": "IntSlider",
        "train_fraction": "FloatSlider",
        "select": "Dropdown",
        "clip": "Text",
        "device": "Text",
    }
    declared = Spec.settings()
    for name, kind in kinds.items():
        assert type(control(declared[name], declared[name].default, "Spec").widget).__name__ == kind


def test_a_value_nobody_moved_is_exact_and_a_moved_one_is_what_the_readout_shows():
    lr = control(Spec.settings()["lr"], 0.00123456789, "Spec")
    assert lr.value == 0.00123456789
    lr.widget.value = 10**-2.05
    assert lr.value == 0.00891


def test_a_slider_over_whole_numbers_gives_whole_numbers():
    size = control(Spec.settings()["batch_size"], 100, "Spec")
    assert size.value == 100
    size.widget.value = 2**6.0
    assert size.value == 64
    assert isinstance(size.value, int)


def test_a_slider_grows_to_hold_a_value_outside_its_proposal():
    epochs = control(Spec.settings()["epochs"], 5_000, "Spec")
    assert epochs.value == epochs.widget.max == 5_000


def test_texts_become_values_or_sentences():
    clip = control(Spec.settings()["clip"], None, "Spec")
    assert clip.value is None
    clip.widget.value = "0.5"
    assert clip.value == 0.5
    clip.widget.value = "much"
    with pytest.raises(WorkbenchError, match=r"Spec clip.*'much'"):
        clip.value  # noqa: B018


def test_lists_and_tables_of_values():
    table = settings("problem", "table")
    targets = control(table["targets"], ["a", "b"], "problem 'table'")
    assert targets.widget.value == "a, b"
    targets.widget.value = "x,  y z"
    assert targets.value == ["x", "y z"]
    kinds = control(table["kinds"], {"a": "regression"}, "problem 'table'")
    assert kinds.value == {"a": "regression"}
    for text, said in (("[1]", "kinds should look like"), ("{a}", "kinds .such as .* is no JSON: .* line 1, column 2")):
        kinds.widget.value = text
        with pytest.raises(WorkbenchError, match=said):
            kinds.value  # noqa: B018
