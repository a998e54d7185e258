"""What cannot work with the rest is greyed out with the reason, and nothing else is."""

from typing import Annotated

import pytest

from workbench.component import _REGISTRY, Field, WorkbenchError, members, register
from workbench.spec import Spec
from workbench.weightings.scalarizations.equal import Equal
from workbench.widgets.live import Panel
from workbench.widgets.names import choose
from workbench.widgets.pickers.impossible import impossible
from workbench.widgets.pickers.pickers import Pickers

SPECS = [
    Spec(),
    Spec(batch_size=1),
    Spec(fusion="cross_stitch"),
    Spec(gradients="representation"),
    Spec(schedule="pike"),
    Spec(problem="intents", encoder="bilstm"),
    Spec(problem={"name": "intents", "next_word": True}, tasks=["intent"], encoder="transformer"),
    Spec(problem={"name": "table", "path": "iris"}),
]


@pytest.mark.parametrize("family", Spec.families())
@pytest.mark.parametrize("spec", SPECS, ids=[spec.hash for spec in SPECS])
def test_it_is_what_the_spec_itself_refuses(spec, family):
    """The chosen one excepted, which may have settings; those that need settings to be made are not judged."""
    found = impossible(family, spec.model_dump())
    assert spec.chosen(family)[0] not in found
    for name, cls in members(family).items():
        try:
            cls()
        except WorkbenchError:
            continue
        try:
            spec.replace(**{family: name})
            said = ""
        except WorkbenchError as error:
            said = " ".join(error.faults)
        assert found.get(name, "") == said


def test_each_reason_is_a_sentence_about_the_rest():
    assert "reads text views, but problem 'digits' gives image" in impossible("encoder", Spec().model_dump())["bilstm"]
    greyed = impossible("weighting", Spec(gradients="representation", batch_size=1).model_dump())
    assert "halves every batch" in " ".join(greyed.values())
    assert "equal" not in greyed
    assert impossible("fusion", {"gradients": "representation"}).keys() >= {"cross_stitch", "independent"}


def test_a_fault_that_no_choice_mends_greys_nothing_out():
    fields = Spec().model_dump() | {"tasks": []}
    assert Spec.objections(fields) == ["Spec: tasks is empty; leave it out for all of the problem's tasks."]
    for family in ("fusion", "weighting", "optimizer"):
        assert impossible(family, fields) == {}


@pytest.fixture
def pickers():
    return Pickers(Spec(), *[lambda *_: None] * 4)


def test_an_impossible_choice_stays_with_its_reason_and_nothing_is_lost(monkeypatch, tmp_path):
    monkeypatch.setenv("WORKBENCH_RUNS", str(tmp_path))
    live = Panel(Spec(encoder={"name": "mlp", "depth": 1}), choose())
    problem, encoder = (live.pickers.pickers[family].dropdown for family in ("problem", "encoder"))
    assert set(encoder.impossible) == {"bilstm", "tfidf", "transformer", "bert"}
    problem.value = "intents"
    assert encoder.value == "mlp"
    assert encoder.impossible["mlp"] in live.message
    assert "bilstm" not in encoder.impossible
    assert problem.impossible == {}  # the way back, and on, is open
    encoder.value = "bilstm"
    assert live.message == ""
    problem.value, encoder.value = "digits", "mlp"
    assert live.spec.encoder == {"name": "mlp", "depth": 1}
    live.close()


def test_it_is_asked_again_only_when_something_changed(pickers, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "workbench.widgets.pickers.pickers.impossible", lambda family, fields: asked.append(family) or {}
    )
    pickers.judge()
    assert asked == []
    pickers.fields["batch_size"].widget.value = 1
    pickers.judge()
    assert sorted(asked) == sorted(set(Spec.families()) - {"problem"})


def test_a_component_of_ones_own_may_object_too(pickers):
    @register("weighting", "choosy")
    class Choosy(Equal):
        """Works on Sundays."""

        day: Annotated[str, Field(description="today")] = "Monday"

        @classmethod
        def objections(cls, spec):
            return ["It is not Sunday."] if spec.chosen("optimizer")[0] == "adam" else []

    try:
        pickers.offer()
        assert pickers.pickers["weighting"].dropdown.impossible == {"choosy": "It is not Sunday."}
        pickers.pickers["optimizer"].dropdown.value = "sgd"
        pickers.judge()
        assert pickers.pickers["weighting"].dropdown.impossible == {}
    finally:
        del _REGISTRY["weighting"]["choosy"]
