"""Tables of a fusion as heatmaps."""

import numpy as np
import pandas as pd
import pytest

from workbench.plots import gates
from workbench.plots.style import DIVERGING


def tables(step, shift=0.0):
    cells = [
        (step, 1, "gate", task, expert, value + shift)
        for task, row in {"b": (0.25, 0.75), "a": (1.0, np.nan)}.items()
        for expert, value in zip(("expert 1", "expert 2"), row, strict=True)
    ]
    cells += [(step, 1, "sluice 1", task, "x", value) for task, value in (("a", -0.5), ("b", 0.1))]
    return pd.DataFrame(cells, columns=["step", "epoch", "name", "row", "column", "value"])


def test_a_heatmap_for_each_table_in_the_order_of_the_frame():
    figure = gates(tables(10))
    assert [note.text for note in figure.layout.annotations] == ["<b>gate</b>", "<b>sluice 1</b>"]
    gate, sluice = figure.data
    assert list(gate.y) == ["b", "a"]
    assert list(gate.x) == ["expert 1", "expert 2"]
    assert gate.z[0].tolist() == [0.25, 0.75]
    assert list(gate.text[1]) == ["1.00", ""]  # a cell that the row does not have
    assert (gate.zmin, gate.zmax) == (0, 1)
    assert [color for _, color in sluice.colorscale] == [color for _, color in DIVERGING]
    assert sluice.zmin == -sluice.zmax
    assert sluice.text[0][0] == "−0.50"


def test_the_last_tables_up_to_a_step():
    frame = pd.concat([tables(10), tables(20, shift=0.1)])
    assert gates(frame).data[0].z[0][0] == pytest.approx(0.35)
    assert gates(frame, step=19).data[0].z[0][0] == pytest.approx(0.25)
    assert "after step 10" in gates(frame, step=10).layout.title.text
    with pytest.raises(ValueError, match="no table to show up to step 9"):
        gates(frame, step=9)


def test_many_columns_have_no_numbers():
    frame = pd.DataFrame(
        {"step": 1, "epoch": 1, "name": "n", "row": "a", "column": [str(i) for i in range(40)], "value": 0.1}
    )
    assert gates(frame).data[0].text is None
