"""Entities out of tags, and how many of them were found, exactly as the CoNLL shared tasks count."""

from collections.abc import Sequence

import numpy as np


def are_entity_tags(tags: Sequence[str]) -> bool:
    """Whether these are tags of entities: ``O``, ``B-…`` and ``I-…``, and nothing else."""
    return any(tag != "O" for tag in tags) and all(tag == "O" or (tag[:2] in ("B-", "I-") and tag[2:]) for tag in tags)


class EntityScore:
    """Precision, recall and F1 of whole entities, as ``conlleval`` counts them.

    An entity starts at ``B-x``, and at ``I-x`` after ``O``, after another type or at the start of a sentence (so the
    older IOB1 and badly formed tags are read, too); it goes on over ``I-x`` of the same type. It is found if the
    prediction has an entity of the same type with the same first and last word.

    torchmetrics has no measure of entities, so that this one is the workbench's own.

    Args:
        tags: names of the tags.

    Source: the shared tasks of CoNLL-2000 to 2003, Tjong Kim Sang & De Meulder.
    """

    def __init__(self, tags: Sequence[str]) -> None:
        types = {name: number for number, name in enumerate(sorted({tag[2:] for tag in tags if tag != "O"}), start=1)}
        self.type = np.array([0 if tag == "O" else types[tag[2:]] for tag in tags] + [0])
        self.opens = np.array([tag.startswith("B-") for tag in tags] + [False])

    def spans(self, tags: np.ndarray) -> set[tuple[int, int, int, int]]:
        """Sentence, first word, last word and type of every entity.

        Args:
            tags: tag numbers ``int[rows, length]``, below 0 where there is none (which counts as ``O``).
        """
        rows, length = tags.shape
        known = np.where(tags < 0, len(self.type) - 1, tags)
        edge = np.zeros((rows, 1), dtype=int)
        kind = np.hstack([edge, self.type[known], edge])
        opens = np.hstack([edge.astype(bool), self.opens[known], edge.astype(bool)])
        changes = (kind[:, 1:] != kind[:, :-1]) | opens[:, 1:]
        row, first = np.nonzero(changes[:, :length] & (kind[:, 1:-1] > 0))
        ended, last = np.nonzero(changes[:, 1:] & (kind[:, 1:-1] > 0))
        assert np.array_equal(row, ended)
        return set(zip(row.tolist(), first.tolist(), last.tolist(), kind[row, first + 1].tolist(), strict=True))

    def __call__(self, guess: np.ndarray, truth: np.ndarray) -> dict[str, float]:
        """``f1``, ``precision`` and ``recall``, 0 where conlleval has 0; unlabelled words count as ``O``."""
        found, wanted = self.spans(np.where(truth < 0, -1, guess)), self.spans(truth)
        right = len(found & wanted)
        precision = right / len(found) if found else 0.0
        recall = right / len(wanted) if wanted else 0.0
        f1 = 2 * precision * recall / (precision + recall) if right else 0.0
        return {"f1": f1, "precision": precision, "recall": recall}
