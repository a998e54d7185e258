import json

import pytest

from workbench.cli import main
from workbench.component import FAMILIES, members


def test_one_family_with_its_settings(capsys):
    assert main(["components", "weighting"]) == 0
    out = capsys.readouterr().out
    for name, cls in members("weighting").items():
        assert f"{name}: {cls.summary()}" in out
    assert "temperature = 2.0" in out


def test_json_of_one_family(capsys):
    assert main(["components", "weighting", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == list(members("weighting"))
    dwa = next(row for row in rows if row["name"] == "dwa")
    assert dwa["family"] == "weighting"
    assert dwa["needs"] == "losses"
    assert dwa["settings"]["temperature"]["default"] == 2.0
    assert dwa["source"]


def test_all_families(capsys):
    assert main(["components", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["family"] for row in rows} == set(FAMILIES)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_component_of_a_family_is_shown(family, capsys):
    assert main(["components", family]) == 0
    out = capsys.readouterr().out
    assert all(f"{name}:" in out for name in members(family))
