"""strategies: every one is a spec that can be made, and trained where its data are at hand."""

import json

import pandas as pd
import pytest
import torch

import workbench as wb
from workbench.cli import main
from workbench.runs.strategies import NEWS, STRATEGIES
from workbench.training.experiment import Experiment
from workbench.training.step import step

ELSEWHERE = {"census"}  # problems whose files are not part of the project


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: strategy.name)
def test_each_is_a_spec_that_trains(strategy, tmp_path, monkeypatch):
    spec = wb.Spec(**strategy.spec)
    assert wb.Spec.from_json(spec.to_json()) == spec
    if spec.chosen("problem")[0] in ELSEWHERE:
        return
    if strategy.spec.get("problem") is NEWS:
        words = ["rain in the north", "a fine day for trade", "the team lost again", "prices rise in the south"]
        frame = pd.DataFrame({"text": words * 15, **{name: list("abab") * 15 for name in NEWS["targets"]}})
        frame.to_csv(tmp_path / "news.csv", index=False)
        monkeypatch.chdir(tmp_path)
    exp = Experiment(spec.replace(batch_size=8))
    rows, there = exp.batches(0)[0]
    measured = step(exp, there, exp.present(rows), 1, False)
    assert torch.isfinite(measured.losses).all()


def test_what_is_called_exists():
    for strategy in STRATEGIES:
        called = [part.split("(")[0] for part in strategy.call.replace("(wb.", "( wb.").split() if "wb." in part]
        assert called
        assert all(callable(getattr(wb, name.removeprefix("wb."))) for name in called)


def test_the_table_and_the_command_tell_the_same(capsys):
    frame = wb.strategies()
    assert list(frame.columns) == ["name", "field", "idea", "spec", "call"]
    assert frame["name"].is_unique
    assert frame["idea"].str.endswith(".").all()
    assert main(["strategies", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == frame.to_dict("records")
    assert main(["strategies"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in frame["name"])
    assert '{"fusion": "conditional"}' in out
