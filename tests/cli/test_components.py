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


def test_one_component_with_its_whole_documentation(capsys):
    assert main(["components", "weighting", "mgda"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("mgda: ")
    assert "clip((G_22 − G_12)" in out
    assert "normalisation = 'none'" in out
    assert ">>>" not in out
    assert "pcgrad:" not in out


def test_an_unknown_component_is_named_with_the_nearest(capsys):
    assert main(["components", "weighting", "mdga"]) == 2
    assert "did you mean 'mgda'" in capsys.readouterr().err


@pytest.mark.parametrize("name", members("weighting"))
def test_a_weighting_says_formula_source_length_and_defaults(name, capsys):
    """What a reader needs to compare it with a paper or with another code."""
    cls = members("weighting")[name]
    main(["components", "weighting", name])
    out = capsys.readouterr().out
    assert cls.reference
    assert cls.reference in out
    assert "``" in out, "no formula"
    if cls.needs != "losses":
        assert "length" in out.lower(), "says nothing of the length of the update, which changes the learning rate"
    assert all(f"{key} = {setting.default!r}" in out for key, setting in cls.settings().items() if not setting.required)
