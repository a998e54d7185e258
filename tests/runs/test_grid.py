"""Specs from lists of values."""

import json

import pytest

import workbench as wb
from workbench.component import WorkbenchError
from workbench.runs.sweep.grid import read_grid

BASE = wb.Spec(epochs=2, tasks=["digit", "ink"])


def test_every_combination_the_last_axis_fastest():
    found = wb.grid(BASE, {"weighting": ["equal", {"name": "dwa", "temperature": 1.0}]}, seed=range(2))
    assert [(spec.chosen("weighting"), spec.seed) for spec in found] == [
        (("equal", {}), 0),
        (("equal", {}), 1),
        (("dwa", {"temperature": 1.0}), 0),
        (("dwa", {"temperature": 1.0}), 1),
    ]
    assert all(spec.replace(weighting="equal", seed=0) == BASE for spec in found)


def test_dotted_keys_reach_settings_of_the_component_that_is_chosen():
    found = wb.grid(
        BASE, {"weighting": ["dwa", "rlw"], "problem.rows": [300, 500], "problem": ["sines"], "tasks": [None]}
    )
    assert len(found) == 4
    assert {spec.chosen("problem")[1]["rows"] for spec in found} == {300, 500}
    (focal,) = wb.grid(BASE, {"losses.digit": ["focal"]})
    assert focal.losses == {"digit": "focal"} or focal.losses["digit"]["name"] == "focal"


def test_no_axis_is_one_spec():
    assert wb.grid(BASE) == [BASE]


@pytest.mark.parametrize(
    ("axes", "sentence"),
    [
        ({"wieghting": ["equal"]}, "no key 'wieghting'.*'weighting'"),
        ({"sede": [1]}, "allowed: (?!.*losses.*losses).*losses"),
        ({"epochs.x": [1]}, "no key 'epochs.x'"),
        ({"weighting": "equal"}, "should be a list of values, found 'equal'"),
        ({"seed": 3}, "should be a list of values, found 3"),
        ({"seed": []}, "empty list"),
        ({"weighting": ["equal", "pcgard"]}, "pcgard.*pcgrad"),
        ({"weighting.temprature": [1], "weighting": ["dwa"]}, "temprature.*temperature"),
    ],
)
def test_what_is_wrong_is_one_sentence(axes, sentence):
    with pytest.raises(WorkbenchError, match=sentence) as caught:
        wb.grid(BASE, axes)
    assert len(caught.value.faults) == 1


def test_a_base_that_is_no_spec_is_one_sentence():
    with pytest.raises(WorkbenchError, match=r"grid takes a spec, .*found 'digits'"):
        wb.grid("digits", seed=[1])


def test_an_axis_may_be_read_only_once():
    assert [spec.seed for spec in wb.grid(BASE, seed=(seed for seed in (1, 2)))] == [1, 2]


def test_a_grid_as_json():
    text = json.dumps({"base": {"epochs": 2, "tasks": ["digit", "ink"]}, "grid": {"lr": [0.1, 0.01]}})
    assert read_grid(text) == wb.grid(BASE, lr=[0.1, 0.01])
    assert read_grid(json.dumps([BASE.to_dict(), {"seed": 4}])) == [BASE, wb.Spec(seed=4)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"gird": {}}', "no key 'gird'.*'grid'"),
        ("3", "should be"),
        ("[]", "is an empty list: no run would be left"),
        ('{"grid": []}', "should be"),
        ("{", "grid"),
        ('[{"epocs": 1}]', "epocs.*epochs"),
    ],
)
def test_a_file_that_is_none_is_one_sentence(text, sentence):
    with pytest.raises(WorkbenchError, match=sentence):
        read_grid(text)
