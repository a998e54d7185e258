"""Pictures of language: tags in colour, scores of neighbours, the search for a path, attention."""

import numpy as np
import pandas as pd
import pytest

from workbench.plots.alignment import alignment
from workbench.plots.chains import transitions, trellis
from workbench.plots.marked import Line, Marked, boxes


def test_words_of_an_entity_share_a_box():
    line = Line("", ["wake", "anna", "berg", "ben", "at", "six"], ["O", "B-per", "I-per", "B-per", "O", "B-time"])
    assert list(boxes(line)) == [
        (["wake"], "O", True),
        (["anna", "berg"], "per", True),
        (["ben"], "per", True),
        (["at"], "O", True),
        (["six"], "time", True),
    ]


@pytest.mark.parametrize("tags", [["O", "I-per"], ["B-time", "I-per"], ["I-time", "I-per"]])
def test_an_entity_that_begins_in_the_middle_is_not_sound(tags):
    assert list(boxes(Line("", ["a", "b"], tags)))[1] == (["b"], "per", False)


def test_plain_tags_have_a_box_each():
    found = list(boxes(Line("", ["the", "blue", "door"], ["DET", "NOUN", "NOUN"])))
    assert found == [(["the"], "DET", True), (["blue"], "NOUN", True), (["door"], "NOUN", True)]


def test_marked_shows_words_and_names_and_escapes_them():
    shown = Marked([("a<b", ["x&y", "z"], ["B-per", "O"]), ("other", ["q"], ["I-place"])])
    page = shown._repr_html_()
    assert "a&lt;b" in page
    assert "x&amp;y" in page
    assert ">per<" in page
    assert page.count("dashed") == 1
    assert repr(shown) == "a<b: x&y/B-per z\nother: q/I-place"
    assert len(set(shown.colors.values())) == 2


def test_every_word_needs_a_tag():
    with pytest.raises(ValueError, match="'c' has 2 words and 1 tags"):
        Marked([("c", ["a", "b"], ["O"])])


def test_transitions_cross_out_what_may_not_be():
    names = ["O", "B-x", "I-x"]
    frame = pd.DataFrame([[0.2, 0.5, -2.0], [0.0, 0.0, 1.0], [0.0, 0.1, 0.3]], index=names, columns=names)
    forbidden = pd.DataFrame(False, index=names, columns=names)
    forbidden.loc["O", "I-x"] = True
    (trace,) = transitions(frame, forbidden).data
    crossed = [
        (y, x) for y, row in zip(names, trace.text, strict=True) for x, t in zip(names, row, strict=True) if "✕" in t
    ]
    assert crossed == [("O", "I-x")]
    assert trace.text[0][2].startswith("−2.0")
    assert trace.zmin == -trace.zmax
    assert "✕" not in str(transitions(frame).data[0].text)


def test_a_trellis_has_a_line_into_every_node_and_a_strong_path():
    best = pd.DataFrame([[1.0, 2.0], [0.5, 3.0]], index=["O", "B"], columns=["call", "anna"])
    before = pd.DataFrame([["", "O"], ["", "O"]], index=best.index, columns=best.columns)
    figure = trellis(best, before, ["O", "B"], "t")
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    assert [tuple(trace.y) for trace in lines] == [(0, 0), (0, 1)]
    assert lines[1].line.width > lines[0].line.width
    nodes = [trace for trace in figure.data if trace.mode != "lines"]
    assert [list(trace.text) for trace in nodes] == [["1.0", "2.0"], ["0.5", "3.0"]]


def test_alignment_keeps_words_that_come_twice_apart():
    weights = np.array([[0.9, 0.05, 0.05], [0.1, 0.2, 0.7]])
    figure = alignment(weights, ["storm", "storm"], ["in", "oslo", "in"], "t")
    assert np.array_equal(figure.data[0].z, weights)
    assert list(figure.layout.xaxis.ticktext) == ["in", "oslo", "in"]
    assert [list(row) for row in figure.data[0].text] == [["0.9", "", ""], ["0.1", "0.2", "0.7"]]
