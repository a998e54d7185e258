"""One battery over every registered component; its size is asserted, so that it cannot shrink unseen."""

import pytest

from workbench.checks import ALL, checks_for
from workbench.component import FAMILIES, members

EVERYTHING = [
    pytest.param(check, cls, id=f"{name}:{check.__name__}")
    for family in FAMILIES
    for name, cls in members(family).items()
    for check in checks_for(cls)
]


@pytest.mark.parametrize(("check", "cls"), EVERYTHING)
def test_battery(check, cls):
    check(cls)


def test_size():
    components = sum(len(members(family)) for family in FAMILIES)
    weightings = len(members("weighting"))
    gramian = sum(cls.needs in ("gramian", "cross_gramian") for cls in members("weighting").values())
    assert weightings >= 8
    assert len(EVERYTHING) == 4 * components + 6 * weightings + gramian
    assert len(ALL) == 4 + 6 + 1


def test_every_family_has_members():
    assert all(members(family) for family in FAMILIES)
