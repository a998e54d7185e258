"""Pickers edit a spec and lose nothing of it."""

from typing import Annotated

import pytest

from workbench.component import _REGISTRY, Field, WorkbenchError, members, register
from workbench.spec import Spec
from workbench.weightings.scalarizations.equal import Equal
from workbench.widgets.names import FIRST, MORE, PICKERS
from workbench.widgets.pickers.pickers import Pickers


class Told(list):
    def teller(self, word):
        return lambda: self.append(word)


def pickers(spec=None):
    told = Told()
    made = Pickers(spec or Spec(), told.teller("changed"), told.teller("lr"), told.teller("weights"), told.append)
    return made, told


@pytest.mark.parametrize(
    "spec",
    [
        Spec(),
        Spec(tasks=["digit", "ink"], encoder={"name": "cnn", "blocks": 1}, lr=0.0123456, epochs=777, seed=99),
        Spec(problem={"name": "digit_pairs", "pairs": 1_234}, weighting={"name": "dwa", "temperature": 0.123}),
        Spec(tasks=["digit", "ink"], weighting={"name": "fixed", "weights": {"ink": 2.5}}, optimizer="sgd", clip=1.0),
        Spec(problem={"name": "table", "path": "iris"}, schedule="round_robin", affinity=None, name="mine"),
        Spec(
            tasks=["digit", "ink"],
            affinity={"name": "lookahead", "every": 7},
            optimizer={"name": "sgd", "momentum": 0.5},
            lr_schedule="cosine",
            losses={"digit": {"name": "focal", "gamma": 3.0}},
            device="cpu",
            folds=4,
            fold=2,
            select="last",
        ),
    ],
    ids=["default", "digits", "pairs", "fixed", "table", "more"],
)
def test_what_is_shown_is_what_was_given(spec):
    made, told = pickers(spec)
    assert made.spec == spec
    other, _ = pickers()
    other.spec = spec
    assert other.spec == spec
    assert told == []


def test_a_weighting_that_is_not_in_the_short_list_is_shown_and_kept():
    spec = Spec(weighting="krum")
    made, told = pickers(spec)
    dropdown = made.pickers["weighting"].dropdown
    assert "core" not in members("weighting")["krum"].tags
    assert len(dropdown.options) < len(members("weighting"))
    assert "krum" in dropdown.options
    assert made.spec == spec
    dropdown.whole = True
    assert sorted(dropdown.options) == sorted(members("weighting"))
    dropdown.whole = False
    assert made.spec == spec
    assert told == []


@pytest.mark.parametrize("family", Spec.families())
def test_every_component_can_be_picked(family):
    made, told = pickers()
    dropdown = made.pickers[family].dropdown
    for name in members(family):
        dropdown.value = name
        assert made.pickers[family].chosen([])["name"] == name
        assert name in dropdown.options
    assert told


def test_every_field_of_a_spec_has_one_place():
    made, _ = pickers()
    assert sorted(PICKERS) == sorted({*Spec.model_fields, "weights", "preset"}) == sorted([*made.parts, "preset"])
    assert set(FIRST).isdisjoint(MORE)
    assert MORE[: len(set(Spec.families()) & set(MORE))] == tuple(name for name in Spec.families() if name in MORE)


def test_affinity_can_be_left_out_and_comes_back_with_its_settings():
    made, told = pickers(Spec(affinity={"name": "lookahead", "every": 7}))
    affinity = made.pickers["affinity"]
    affinity.dropdown.value = "none"
    assert made.spec.affinity is None
    assert affinity.settings.children == ()
    affinity.dropdown.value = "lookahead"
    assert made.spec.chosen("affinity") == ("lookahead", {"every": 7})
    assert told == ["changed", "changed"]
    assert "none" not in made.pickers["optimizer"].dropdown.options


def test_what_differs_from_its_default_is_told_in_words():
    made, _ = pickers()
    assert made.changed(MORE) == ""
    made.pickers["optimizer"].dropdown.value = "sgd"
    assert made.changed(MORE) == "optimizer sgd"
    made.pickers["affinity"].dropdown.value = "none"
    momentum = next(child for child in made.pickers["optimizer"].settings.children if child.description == "momentum")
    momentum.value = 0.5
    made.fields["clip"].widget.value = "1"
    assert made.changed(MORE) == "affinity none, optimizer sgd momentum 0.5, clip 1.0"
    made.fields["clip"].widget.value = "much"
    assert made.changed(["clip"]) == "clip ?"
    with pytest.raises(WorkbenchError, match=r"Spec clip.*'much'"):
        made.spec  # noqa: B018


def test_a_new_choice_brings_its_own_settings_and_the_old_ones_are_remembered():
    made, _ = pickers()
    weighting = made.pickers["weighting"]
    weighting.dropdown.value = "dwa"
    (temperature,) = weighting.settings.children
    temperature.value = 4.0
    weighting.dropdown.value = "cagrad"
    assert len(weighting.settings.children) == 3
    assert made.spec.chosen("weighting") == ("cagrad", {})
    weighting.dropdown.value = "dwa"
    assert made.spec.chosen("weighting") == ("dwa", {"temperature": 4.0})


def test_tasks_follow_the_problem():
    made, told = pickers(Spec(tasks=["digit", "ink"]))
    assert [name for name, box in made.tasks.boxes.items() if box.value] == ["digit", "ink"]
    made.tasks.boxes["ink"].value = False
    assert made.spec.tasks == ["digit"]
    made.pickers["problem"].dropdown.value = "digit_pairs"
    assert list(made.tasks.boxes) == ["left", "right"] == list(made.weights.sliders)
    assert made.spec.tasks is None
    assert told == ["changed", "changed"]


def test_a_problem_that_cannot_name_its_tasks_says_why():
    made, _ = pickers()
    made.pickers["problem"].dropdown.value = "table"
    path = next(child for child in made.pickers["problem"].settings.children if child.description == "path")
    path.value = "nowhere.csv"
    assert "nowhere.csv" in made.tasks.note.value
    assert made.tasks.boxes == {}
    path.value = "iris"
    assert made.tasks.note.value == ""
    assert made.tasks.boxes


def test_weight_sliders_are_the_settings_of_a_weighting_that_takes_them():
    made, told = pickers(Spec(tasks=["digit", "ink"], weighting="fixed"))
    made.weights.sliders["ink"].value = 0.5
    assert made.spec.weighting == {"name": "fixed", "weights": {"ink": 0.5}}
    assert told == ["weights"]
    made.pickers["weighting"].dropdown.value = "equal"
    assert made.spec.weighting == "equal"


def test_a_typed_weight_counts_beyond_the_slider_and_below_0_is_refused():
    made, told = pickers(Spec(tasks=["digit", "ink"], weighting="fixed"))
    ink = made.weights.sliders["ink"]
    ink.enter("50")
    assert made.spec.weighting == {"name": "fixed", "weights": {"ink": 50.0}}
    assert ink.max == 50
    ink.enter("-5")
    assert made.weights.values == {"digit": 1.0, "ink": 50.0}
    assert told == [
        "weights",
        "Task 'ink' weight: should be greater than or equal to 0, found '-5'; it stays 50.0.",
    ]


def test_a_typed_setting_of_a_component_is_held_to_its_hard_range():
    made, told = pickers(Spec(weighting="dwa"))
    (temperature,) = made.pickers["weighting"].settings.children
    temperature.enter("-1")
    assert made.spec.weighting == "dwa"
    temperature.enter("99")
    assert made.spec.chosen("weighting") == ("dwa", {"temperature": 99.0})
    assert told == ["weighting 'dwa' temperature: should be greater than 0, found '-1'; it stays 2.0.", "changed"]


def test_no_task_is_said_as_one_says_it_in_a_panel():
    made, _ = pickers(Spec(tasks=["digit"]))
    made.tasks.boxes["digit"].value = False
    with pytest.raises(WorkbenchError) as error:
        made.spec  # noqa: B018
    assert error.value.faults == ["Tick at least one task."]


def test_a_setting_that_is_needed_and_empty_is_said_to_be_needed():
    made, _ = pickers()
    problem = made.pickers["problem"]
    problem.dropdown.value = "folder"
    path = next(child for child in problem.settings.children if child.description == "path")
    for text in ("", "somewhere", ""):
        path.value = text
        if not text:
            with pytest.raises(WorkbenchError) as error:
                made.spec  # noqa: B018
            assert error.value.faults == ["problem 'folder' needs the setting 'path'."]
            assert "needs the setting" in made.tasks.note.value


def test_an_emptied_path_of_a_table_is_the_default():
    made, _ = pickers(Spec(problem={"name": "table", "path": "iris"}))
    path = next(child for child in made.pickers["problem"].settings.children if child.description == "path")
    path.value = ""
    assert made.spec.problem == "table"
    assert path.placeholder == "diabetes"
    assert made.tasks.note.value == ""
    assert made.tasks.boxes


def test_all_faults_are_told_at_once():
    made, _ = pickers(Spec(problem={"name": "table", "path": "iris"}))
    kinds = next(child for child in made.pickers["problem"].settings.children if child.description == "kinds")
    kinds.value = "{oops"
    for box in made.tasks.boxes.values():
        box.value = False
    with pytest.raises(WorkbenchError) as error:
        made.spec  # noqa: B018
    assert len(error.value.faults) == 2


def test_showing_what_a_run_reached_tells_nobody():
    made, told = pickers(Spec(tasks=["digit", "ink"]))
    made.show(0.05, {"ink": 3.0})
    assert made.lr == 0.05
    assert made.weights.values == {"digit": 1.0, "ink": 3.0}
    assert told == []
    made.fields["lr"].widget.value = 0.1
    assert told == ["lr"]


def test_a_component_of_ones_own_is_picked_like_the_others():
    @register("weighting", "my_own")
    class MyOwn(Equal):
        """Mine."""

        boldness: Annotated[float, Field(ge=0, description="how bold")] = 1.5

    try:
        made, _ = pickers(Spec(weighting="my_own"))
        first = made.pickers["weighting"].dropdown.groups[0]
        assert first["heading"] == "your own"
        assert first["items"] == [{"name": "my_own", "idea": "Mine.", "source": ""}]
        (boldness,) = made.pickers["weighting"].settings.children
        boldness.value = "2"
        assert made.spec.weighting == {"name": "my_own", "boldness": 2.0}
    finally:
        del _REGISTRY["weighting"]["my_own"]


def test_what_is_registered_later_is_offered_at_once_and_anew_with_its_new_settings():
    made, _ = pickers()
    weighting = made.pickers["weighting"]
    try:

        @register("weighting", "my_own")
        class MyOwn(Equal):
            """Mine."""

        assert "my_own" not in weighting.dropdown.options
        made.offer()
        assert weighting.dropdown.options[0] == "my_own"
        assert weighting.dropdown.value == "equal"
        weighting.dropdown.value = "my_own"
        assert weighting.settings.children == ()

        _REGISTRY["weighting"].pop("my_own")

        @register("weighting", "my_own")
        class MyOwnAgain(Equal):
            """Mine, again."""

            boldness: Annotated[float, Field(ge=0, description="how bold")] = 1.5

        made.offer()
        (boldness,) = weighting.settings.children
        boldness.value = "2"
        assert made.spec.chosen("weighting") == ("my_own", {"boldness": 2.0})
    finally:
        _REGISTRY["weighting"].pop("my_own", None)
