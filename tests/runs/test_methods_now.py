"""What every method would do with the gradients of a run's last map."""

import json

import numpy as np
import pytest

import workbench as wb


def maps(run):
    lines = (run.path / "records.jsonl").read_text().splitlines()
    return [record for record in map(json.loads, lines) if record["type"] == "affinity"]


@pytest.mark.parametrize("weighting", ["equal", "pcgrad"])
def test_every_map_is_recorded_with_its_gramian(store, small, weighting):
    run = wb.train(small.replace(weighting=weighting, affinity={"name": "gradient_cosine", "every": 4}), progress=False)
    found = maps(run)
    assert len(found) >= 3
    for record in found:
        G = np.array(record["gramian"])
        length = np.sqrt(np.diag(G))
        np.testing.assert_allclose(G / np.outer(length, length), np.array(record["matrix"]), atol=1e-6)
