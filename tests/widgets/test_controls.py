"""A control for every declared setting: typed, labelled, exact."""

import pytest

from workbench.component import FAMILIES, WorkbenchError, members
from workbench.spec import Spec
from workbench.widgets.pickers.controls import control


def refused(sentence):
    raise AssertionError(f"nothing is refused here, but: {sentence}")


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
    made = control(setting, setting.default, "somewhere", refused)
    assert made.value == setting.default
    assert made.widget.description == setting.name.replace("_", " ")
    assert setting.help in made.widget.tooltip


def settings(family, name):
    return members(family)[name].settings()


def typed(slide, text):
    """As the browser tells it."""
    slide._handle_custom_msg({"typed": text}, [])


def test_kinds_of_controls():
    kinds = {
        "lr": "Slide",
        "epochs": "Slide",
        "select": "Dropdown",
        "clip": "Text",
        "device": "Text",
    }
    declared = Spec.settings()
    for name, kind in kinds.items():
        assert type(control(declared[name], declared[name].default, "Spec", refused).widget).__name__ == kind


def test_a_value_is_exact_whether_given_or_typed():
    lr = control(Spec.settings()["lr"], 0.00123456789, "Spec", refused)
    assert lr.value == 0.00123456789
    lr.widget.enter("0.00234567891")
    assert lr.value == 0.00234567891


def test_a_slider_over_whole_numbers_gives_whole_numbers():
    size = control(Spec.settings()["batch_size"], 100, "Spec", refused)
    assert size.value == 100
    size.widget.value = 2**6.0
    assert size.value == 64
    assert isinstance(size.value, int)


def test_a_slider_grows_to_hold_a_value_outside_its_proposal():
    epochs = control(Spec.settings()["epochs"], 5_000, "Spec", refused)
    assert epochs.value == epochs.widget.max == 5_000


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("epochs", "2000", 2_000),
        ("epochs", "1e9", 10**9),
        ("seed", "99999999999999", 99_999_999_999_999),
        ("batch_size", " 1000000 ", 1_000_000),
        ("lr", "100", 100.0),
        ("lr", "1e-7", 1e-7),
        ("val_fraction", ".9", 0.9),
    ],
)
def test_a_typed_number_counts_and_the_slider_reaches_as_far_while_it_does(name, text, value):
    made = control(Spec.settings()[name], Spec.settings()[name].default, "Spec", refused)
    slide = made.widget
    proposed = slide.min, slide.max
    typed(slide, text)
    assert made.value == value
    assert type(made.value) is type(value)
    assert slide.min <= value <= slide.max
    assert (slide.min, slide.max) != proposed
    typed(slide, "")
    assert made.value == value
    typed(slide, str(Spec.settings()[name].default))
    assert (slide.min, slide.max) == proposed


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("lr", "0", "should be greater than 0, found '0'; it stays 0.001."),
        ("lr", "-1", "should be greater than 0"),
        ("lr", "inf", "should be a finite number"),
        ("lr", "nan", "should be"),
        ("lr", "0,01", "should be a valid number"),
        ("epochs", "0", "should be greater than or equal to 1"),
        ("epochs", "2.5", "should be a valid integer"),
        ("epochs", "1e400", "should be a valid integer"),
        ("seed", "-1", "should be greater than or equal to 0"),
        ("val_fraction", "1", "should be less than 1"),
    ],
)
def test_a_typed_number_that_cannot_be_is_refused_in_a_sentence(name, text, why):
    told = []
    made = control(Spec.settings()[name], Spec.settings()[name].default, "Spec", told.append)
    before = made.value, made.widget.min, made.widget.max
    typed(made.widget, text)
    assert (made.value, made.widget.min, made.widget.max) == before
    (sentence,) = told
    assert sentence.startswith(f"Spec {name}: {why}")
    assert "it stays" in sentence


def test_a_logarithm_has_no_place_for_a_0_that_is_allowed():
    made = control(settings("schedule", "pike")["zeta2"], 0.2, "schedule 'pike'", refused)
    typed(made.widget, "0")
    assert made.value == 0
    assert made.widget.min > 0


def test_texts_become_values_or_sentences():
    clip = control(Spec.settings()["clip"], None, "Spec", refused)
    assert clip.value is None
    clip.widget.value = "0.5"
    assert clip.value == 0.5
    clip.widget.value = "much"
    with pytest.raises(WorkbenchError, match=r"Spec clip.*'much'"):
        clip.value  # noqa: B018


def test_an_emptied_text_means_the_default():
    device = control(Spec.settings()["device"], "cuda:1", "Spec", refused)
    device.widget.value = ""
    assert device.value == device.widget.placeholder == "auto"
    folder = control(settings("problem", "folder")["path"], "here", "problem 'folder'", refused)
    folder.widget.value = ""
    assert folder.value is None


def test_lists_and_tables_of_values():
    table = settings("problem", "table")
    targets = control(table["targets"], ["a", "b"], "problem 'table'", refused)
    assert targets.widget.value == "a, b"
    targets.widget.value = "x,  y z"
    assert targets.value == ["x", "y z"]
    kinds = control(table["kinds"], {"a": "regression"}, "problem 'table'", refused)
    assert kinds.value == {"a": "regression"}
    for text, said in (("[1]", "kinds should look like"), ("{a}", "kinds .such as .* is no JSON: .* line 1, column 2")):
        kinds.widget.value = text
        with pytest.raises(WorkbenchError, match=said):
            kinds.value  # noqa: B018
