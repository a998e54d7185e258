"""Drop-downs with headings: the short list first, every name reachable, nothing listed twice."""

import pytest
import traitlets

from workbench.component import _REGISTRY as REGISTRY
from workbench.component import FAMILIES, NEEDS, members, register
from workbench.weightings.base import Scalarization
from workbench.widgets.pickers.select import SHORT, GroupedSelect, groups


def names(groups):
    return [item["name"] for group in groups for item in group["items"]]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_component_is_listed_once_with_its_idea(family):
    listed = {item["name"]: item for group in groups(family) for item in group["items"]}
    assert sorted(names(groups(family))) == sorted(members(family))
    for name, cls in members(family).items():
        assert listed[name]["idea"] == cls.summary().replace("``", "") != ""
        assert listed[name]["source"] == cls.reference


def test_the_core_comes_first_by_what_it_needs_and_the_rest_on_request():
    found = groups("weighting")
    core = [group for group in found if not group["more"]]
    assert found[: len(core)] == core
    assert names(core) == [name for name, cls in members("weighting").items() if "core" in cls.tags]
    assert 20 <= len(names(core)) <= 26
    assert [group["heading"] for group in core][:2] == ["from the losses", "from the Gramian of the task gradients"]
    headings = [group["heading"] for group in found]
    assert len(set(headings)) == len(headings)
    assert "from the losses, more" in headings
    for group in found:
        needs = {members("weighting")[item["name"]].needs for item in group["items"]}
        assert len(needs) == 1
        assert group["heading"].removesuffix(", more") == NEEDS[needs.pop()]


def test_a_small_family_is_shown_whole_and_without_headings_where_there_is_nothing_to_head():
    for family in FAMILIES:
        if len(members(family)) <= SHORT:
            assert not any(group["more"] for group in groups(family))
    assert groups("fusion")[0]["heading"] == ""


def test_a_kind_nobody_foresaw_has_a_heading():
    @register("weighting", "oracle")
    class Oracle(Scalarization):
        """Asks a crystal ball."""

        needs = "crystal_ball"

        def __call__(self, losses, *, tasks=None):
            return losses.sum()

    try:
        assert Oracle.heading() == "from crystal ball"
        Oracle.__module__ = "workbench.weightings.oracle"
        (group,) = [group for group in groups("weighting") if "oracle" in names([group])]
        assert (group["heading"], group["more"]) == ("from crystal ball", True)
        assert list(members("weighting"))[-1] == "oracle"
    finally:
        del REGISTRY["weighting"]["oracle"]


FOUND = [
    {"heading": "a", "more": False, "items": [{"name": "x", "idea": "X.", "source": ""}]},
    {"heading": "a, more", "more": True, "items": [{"name": name, "idea": "", "source": ""} for name in "yz"]},
]


def test_the_short_list_holds_the_choice_wherever_it_is_from():
    select = GroupedSelect(FOUND, "z", "letter", "which letter")
    assert select.options == ["x", "z"]
    select.whole = True
    assert select.options == ["x", "y", "z"]
    select.value, select.whole = "x", False
    assert select.options == ["x"]
    select.close()


def test_what_is_not_listed_cannot_be_chosen():
    select = GroupedSelect(FOUND, "x", "letter", "which letter")
    with pytest.raises(traitlets.TraitError, match="letter has no 'w'"):
        select.value = "w"
    assert select.value == "x"
    select.close()
