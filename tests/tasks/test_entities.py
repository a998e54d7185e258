"""Entities out of tags, against conlleval's own rules written out word by word."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.tasks.entities import EntityScore, are_entity_tags

TAGS = ["O", "B-x", "I-x", "B-y", "I-y", "B-z-w", "I-z-w"]


def parts(tag: str) -> tuple[str, str]:
    letter, _, kind = tag.partition("-")
    return letter, kind


def ends(before: str, after: str) -> bool:
    """``endOfChunk`` of conlleval.pl, as far as tags of this kind go."""
    (old, old_kind), (new, new_kind) = parts(before), parts(after)
    if (old, new) in {("B", "B"), ("B", "O"), ("I", "B"), ("I", "O")}:
        return True
    return old != "O" and old_kind != new_kind


def starts(before: str, after: str) -> bool:
    """``startOfChunk`` of conlleval.pl."""
    (old, old_kind), (new, new_kind) = parts(before), parts(after)
    if (old, new) in {("B", "B"), ("I", "B"), ("O", "B"), ("O", "I")}:
        return True
    return new != "O" and old_kind != new_kind


def conlleval(guess: list[list[str]], truth: list[list[str]]) -> dict[str, float]:
    """The loop of conlleval.pl over words, an ``O`` between sentences."""
    found = wanted = right = 0
    inside, last_guess, last_truth = False, "O", "O"
    stream = [pair for rows in zip(guess, truth, strict=True) for pair in [*zip(*rows, strict=True), ("O", "O")]]
    for new_guess, new_truth in stream:
        if inside:
            over_guess, over_truth = ends(last_guess, new_guess), ends(last_truth, new_truth)
            if over_guess and over_truth and parts(last_guess)[1] == parts(last_truth)[1]:
                inside, right = False, right + 1
            elif over_guess != over_truth or parts(new_guess)[1] != parts(new_truth)[1]:
                inside = False
        new_one, true_one = starts(last_guess, new_guess), starts(last_truth, new_truth)
        if new_one and true_one and parts(new_guess)[1] == parts(new_truth)[1]:
            inside = True
        found, wanted = found + new_one, wanted + true_one
        last_guess, last_truth = new_guess, new_truth
    precision, recall = right / found if found else 0.0, right / wanted if wanted else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"f1": f1, "precision": precision, "recall": recall}


def numbers(rows: list[list[str]], length: int) -> np.ndarray:
    return np.array([[TAGS.index(tag) for tag in row] + [-100] * (length - len(row)) for row in rows])


SENTENCES = st.lists(st.lists(st.tuples(st.sampled_from(TAGS), st.sampled_from(TAGS)), max_size=8), min_size=1)


@settings(max_examples=400, deadline=None)
@given(SENTENCES)
def test_it_counts_as_conlleval_does(sentences):
    guess = [[pair[0] for pair in row] for row in sentences]
    truth = [[pair[1] for pair in row] for row in sentences]
    found = EntityScore(TAGS)(numbers(guess, 8), numbers(truth, 8))
    assert found == pytest.approx(conlleval(guess, truth))


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("B-x I-x O B-y", {(0, 1, "x"), (3, 3, "y")}),
        ("I-x I-x O I-y", {(0, 1, "x"), (3, 3, "y")}),  # ill-formed, or IOB1: an entity all the same
        ("B-x B-x I-x", {(0, 0, "x"), (1, 2, "x")}),
        ("B-x I-y I-y", {(0, 0, "x"), (1, 2, "y")}),  # another type begins another entity
        ("O O", set()),
        ("I-z-w B-z-w", {(0, 0, "z-w"), (1, 1, "z-w")}),
    ],
)
def test_entities_by_hand(tags, spans):
    words = tags.split()
    kinds = sorted({tag[2:] for tag in TAGS if tag != "O"})
    found = EntityScore(TAGS).spans(numbers([words, []], len(words)))
    assert {(first, last, kinds[kind - 1]) for row, first, last, kind in found if row == 0} == spans
    assert all(row == 0 for row, *_ in found)


def test_what_is_right_in_part_is_wrong():
    truth = numbers([["B-x", "I-x", "O", "B-y"]], 4)
    guess = numbers([["B-x", "O", "O", "B-y"]], 4)
    found = EntityScore(TAGS)(guess, truth)
    assert found == {"f1": 0.5, "precision": 0.5, "recall": 0.5}


def test_words_without_a_label_count_as_outside():
    truth = np.array([[TAGS.index("B-x"), -100, TAGS.index("B-y")]])
    guess = numbers([["B-x", "B-y", "B-y"]], 3)
    assert EntityScore(TAGS)(guess, truth)["precision"] == 1


def test_no_entity_anywhere_is_0_as_in_conlleval():
    assert EntityScore(TAGS)(numbers([["O"]], 1), numbers([["O"]], 1))["f1"] == 0


@pytest.mark.parametrize(
    ("tags", "answer"),
    [
        (["O", "B-x", "I-x"], True),
        (["B-x"], True),
        (["O", "I-x"], True),
        (["O"], False),
        (["NOUN", "VERB"], False),
        (["O", "B-x", "E-x"], False),
        (["O", "B-"], False),
        (["O", "B-x", "X"], False),
    ],
)
def test_which_tags_are_those_of_entities(tags, answer):
    assert are_entity_tags(tags) is answer
