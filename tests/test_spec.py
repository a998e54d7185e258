"""A spec: one value, checked as a whole, that travels as JSON and as one line."""

import json
import math

import pytest
import torch

import workbench as wb
from workbench.component import FAMILIES, component, from_text, members
from workbench.spec import Spec


def faults(call) -> list[str]:
    with pytest.raises(wb.WorkbenchError) as caught:
        call()
    return caught.value.faults


def test_every_fault_is_told_at_once_with_the_nearest_name():
    found = faults(
        lambda: Spec(weighting="pcgard", encoder="cnnn", lr=-1, epoch=3, batch_size="8", tasks=["digit", "inc"])
    )
    text = "\n".join(found)
    assert len(found) == 6
    assert "no weighting 'pcgard': did you mean 'pcgrad'?" in text
    assert "no encoder 'cnnn': did you mean 'cnn'?" in text
    assert "lr should be greater than 0, found -1" in text
    assert "no setting 'epoch': did you mean 'epochs'?" in text
    assert "batch_size should be a valid integer, found '8' (str)" in text
    assert "no task 'inc': did you mean 'ink'?" in text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"weighting": {"name": "dwa", "temprature": 1.0}}, "did you mean 'temperature'?"),
        ({"weighting": {"name": "dwa", "temperature": 0}}, "temperature should be greater than 0, found 0"),
        ({"weighting": {"temperature": 1.0}}, "should be a name or {'name': …, setting: …}"),
        ({"weighting": 3}, "should be a name or"),
        ({"select": "val"}, "did you mean 'val_loss'?"),
        ({"tasks": []}, "tasks is empty"),
        ({"tasks": ["ink", "ink"]}, "names a task twice"),
        ({"val_fraction": 0.6, "test_fraction": 0.4}, "leaves nothing to train on"),
        ({"problem": "table", "encoder": "cnn"}, "reads image views, but problem 'table' gives vector views"),
        ({"fusion": "independent", "gradients": "representation"}, "'independent' has none"),
        ({"epochs": 0}, "epochs should be greater than or equal to 1, found 0"),
        ({"lr": "fast"}, "lr should be a valid number, found 'fast' (str)"),
        ({"lr": float("nan")}, "lr should be"),
        ({"seed": True}, "seed should be a valid integer"),
    ],
)
def test_one_fault_one_sentence(fields, words):
    (fault,) = faults(lambda: Spec(**fields))
    assert words in fault


def test_a_component_may_be_a_name_a_dict_or_an_object():
    dwa = component("weighting", "dwa")
    assert Spec(weighting="dwa") == Spec(weighting={"name": "dwa"}) == Spec(weighting=dwa())
    assert Spec(weighting="dwa") == Spec(weighting={"name": "dwa", "temperature": 2.0})
    assert Spec(weighting=dwa(temperature=1.0)).chosen("weighting") == ("dwa", {"temperature": 1.0})


def test_json_and_share_line_return_the_same_spec():
    spec = Spec(problem={"name": "digit_pairs", "pairs": 500}, weighting={"name": "fixed", "weights": {"left": 2.0}})
    assert Spec.from_json(spec.to_json()) == spec
    assert Spec.from_share(spec.share()) == spec
    assert "\n" not in spec.share()
    assert hash(spec) == hash(Spec.from_json(spec.to_json()))


def test_text_that_is_no_json_is_refused_with_the_place():
    (fault,) = faults(lambda: Spec.from_json('{"lr": }'))
    assert fault == "This is no JSON: Expecting value at line 1, column 8, found '{\"lr\": }'."


def test_json_spells_every_setting_out():
    fields = json.loads(Spec(weighting="dwa").to_json())
    assert fields["weighting"] == {"name": "dwa", "temperature": 2.0}
    assert set(fields) == set(Spec.settings())


@pytest.mark.parametrize("line", ["hello", "mtl1:", "mtl1:AAAA", Spec(epochs=77).share()[:-6]])
def test_a_damaged_share_line_is_refused(line):
    (fault,) = faults(lambda: Spec.from_share(line))
    assert "share line" in fault


def test_a_share_line_cannot_blow_up_memory():
    import base64
    import zlib

    bomb = "mtl1:" + base64.urlsafe_b64encode(zlib.compress(b" " * 50_000_000)).decode()
    assert "damaged" in faults(lambda: Spec.from_share(bomb))[0]


def test_text_becomes_a_spec():
    spec = Spec.from_settings(
        {
            "weighting": "fixed",
            "weighting.weights": "digit=2,ink=0.5",
            "lr": "1e-2",
            "tasks": "digit,ink",
            "clip": "none",
        }
    )
    assert spec == Spec(
        weighting={"name": "fixed", "weights": {"digit": 2.0, "ink": 0.5}}, lr=0.01, tasks=["digit", "ink"]
    )


def test_text_faults_are_told_at_once():
    found = faults(lambda: Spec.from_settings({"lrr": "1", "epochs": "two", "weighting.c": "1", "encoder": "mpl"}))
    assert len(found) == 4
    assert "did you mean 'lr'?" in found[0]


def test_a_spec_does_not_change():
    spec = Spec()
    with pytest.raises(ValueError, match="frozen"):
        spec.lr = 3.0
    assert spec.replace(lr=0.5).lr == 0.5
    assert spec.lr == 1e-3


def test_hash_leaves_the_name_out():
    assert Spec(name="a").hash == Spec(name="b").hash != Spec(seed=1).hash


def test_every_declared_default_survives_text():
    for family in FAMILIES:
        for cls in members(family).values():
            for setting in cls.settings().values():
                if isinstance(setting.default, bool | int | float | str) and setting.default != "":
                    assert from_text(setting, str(setting.default), "x") == setting.default


def test_no_number_may_be_infinite_or_nan():
    seen = 0
    for family in FAMILIES:
        for cls in members(family).values():
            for key, setting in cls.settings().items():
                if setting.type is float:
                    for value in (math.inf, -math.inf, math.nan):
                        with pytest.raises(wb.WorkbenchError, match=f"{key} should be "):
                            cls.check({key: value})
                    seen += 1
    assert seen > 50
    for field in ("lr", "clip", "val_fraction"):
        with pytest.raises(wb.WorkbenchError, match="should be "):
            wb.Spec(**{field: math.nan})
    with pytest.raises(wb.WorkbenchError, match=r"weights\.digit should be a finite number, found inf"):
        wb.weightings.get("fixed", weights={"digit": math.inf})


def test_a_class_registered_in_a_cell_is_in_every_picker():
    from workbench import component as ground

    try:

        @wb.register("weighting", "half_sum")
        class HalfSum(wb.weightings.Scalarization):
            """Half the sum."""

            def __call__(self, losses: torch.Tensor, *, tasks=None) -> torch.Tensor:
                return losses.sum() / 2

        wb.check(HalfSum)
        assert "half_sum" in list(wb.components("weighting")["name"])
        assert Spec(weighting="half_sum").build("weighting")(torch.tensor([2.0, 4.0])).item() == 3.0
    finally:
        ground._REGISTRY["weighting"].pop("half_sum")


def test_register_refuses_what_cannot_work():
    with pytest.raises(wb.WorkbenchError, match="did you mean 'weighting'"):
        wb.register("weightings", "x")
    with pytest.raises(wb.WorkbenchError, match="is no component"):
        wb.register("weighting", "x")(dict)
    with pytest.raises(wb.WorkbenchError, match="is taken by"):

        @wb.register("weighting", "dwa")
        class Other(wb.weightings.Scalarization):
            """Another."""


def test_components_table():
    table = wb.components("weighting").set_index("name")
    assert table.loc["pcgrad", "needs"] == "gramian"
    assert table.loc["dwa", "settings"]["temperature"]["default"] == 2.0
    assert table.loc["equal", "idea"].endswith(".")
