"""A tag for every word."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workbench.component import WorkbenchError
from workbench.features import Features
from workbench.tasks import crf, metrics, mixing
from workbench.tasks.base import Task
from workbench.tasks.entities import EntityScore, are_entity_tags


@dataclass(eq=False)
class Tagged:
    """What the head of a tagger gives.

    Attributes:
        emissions: scores of the tags, ``[batch, length, tags]``.
        mask: ``bool[batch, length]``, True for the words.
        chain: scores of neighbouring tags; None where each word is tagged alone.
    """

    emissions: Tensor
    mask: Tensor
    chain: crf.Chain | None

    @staticmethod
    def join(parts: "Sequence[Tagged]") -> "Tagged":
        """Several batches as one."""
        longest = max(part.mask.shape[1] for part in parts)
        missing = [longest - part.mask.shape[1] for part in parts]
        pairs = list(zip(parts, missing, strict=True))
        return Tagged(
            torch.cat([F.pad(part.emissions, (0, 0, 0, more)) for part, more in pairs]),
            torch.cat([F.pad(part.mask, (0, more)) for part, more in pairs]),
            parts[0].chain,
        )

    @staticmethod
    def mix(parts: "Sequence[Tagged]", weights: Tensor) -> "Tagged":
        """Several predictions of the same sentences as one: the mean of the probabilities of each word's tags.

        Chains are averaged as they are: scores, not probabilities of sequences.
        """
        first = parts[0]
        if first.chain is None:
            return Tagged(mixing.of_classes([part.emissions for part in parts], weights), first.mask, None)
        chains = [part.chain for part in parts if part.chain is not None]
        chain = crf.Chain(*(mixing.weighted(scores, weights) for scores in zip(*chains, strict=True)))
        return Tagged(mixing.weighted([part.emissions for part in parts], weights), first.mask, chain)


class Tagger(nn.Module):
    """Features of words -> scores of their tags, and for a CRF scores of neighbouring tags, 0 at the start."""

    def __init__(self, features: int, tags: int, chained: bool) -> None:
        super().__init__()
        self.linear = nn.Linear(features, tags)
        shapes = [(tags,), (tags,), (tags, tags)] if chained else []
        self.chain = nn.ParameterList(torch.zeros(shape) for shape in shapes)

    def forward(self, features: Features) -> Tagged:
        emissions = self.linear(features.values)
        mask = features.mask
        if mask is None:
            mask = torch.ones(emissions.shape[:2], dtype=torch.bool, device=emissions.device)
        return Tagged(emissions, mask, crf.Chain(*self.chain) if len(self.chain) else None)


class Tagging(Task):
    """A tag for every word: softmax per word, or a linear-chain CRF over the sentence; in nats per word.

    With ``softmax`` the loss of a word with scores z and tag y is ``-log softmax(z)_y``. With ``crf`` the loss of a
    sentence is ``log Z - s(y)`` (see ``crf.nll``), divided evenly among its labelled words: both are thus negative
    log-likelihoods per word, and a model that knows nothing scores ``log(tags)`` in either case.

    Metrics: ``accuracy`` over labelled words; and where the tags are ``O``, ``B-…`` and ``I-…``, ``f1``, ``precision``
    and ``recall`` of whole entities as conlleval counts them; then ``f1`` is the primary one.

    Shapes: tag numbers ``[rows, words]``, -100 or NaN where missing and where a sentence is over; the output is a
    ``Tagged`` with scores ``[batch, words, tags]``.

    Args:
        name: the task's name.
        tags: the names of the tags; a raw target is a number into this list.
        decoder: ``softmax`` or ``crf``.

    Raises:
        WorkbenchError: fewer than two tags, or a tag named twice.
    """

    kind = "tagging"
    reads: ClassVar[str] = "sequence"
    along_words: ClassVar[bool] = True
    metric = "accuracy"

    def __init__(self, name: str, tags: Sequence[str], decoder: Literal["softmax", "crf"] = "softmax") -> None:
        super().__init__(name)
        self.tags, self.decoder = [str(tag) for tag in tags], decoder
        if len(self.tags) < 2:
            raise WorkbenchError(f"Task {name!r} has the tags {self.tags}; tagging needs two at least.")
        twice = sorted({tag for tag in self.tags if self.tags.count(tag) > 1})
        if twice:
            raise WorkbenchError(f"Task {name!r} names these tags more than once: {', '.join(twice)}.")
        self.entities = EntityScore(self.tags) if are_entity_tags(self.tags) else None
        if self.entities is not None:
            self.metric = "f1"  # type: ignore[misc]

    def fit(self, target: Tensor) -> None:
        """Checks that a training label is there; there is nothing to learn.

        Raises:
            WorkbenchError: no training label at all.
        """
        if not bool(self.present(self.encode(target)).any()):
            raise WorkbenchError(f"Task {self.name!r}: all training labels of {len(target)} sentences are missing.")

    def encode(self, target: Tensor) -> Tensor:
        """Raw tag numbers ``[rows, words]`` -> int64, -100 where missing.

        Raises:
            WorkbenchError: a label that is no tag number, with row and word (counted from 0) and the allowed range.
        """
        present = self.present(target) & (target != -100)
        top = len(self.tags) - 1
        wrong = present & ~((target >= 0) & (target <= top) & (target == target.round()))
        if bool(wrong.any()):
            row, word = wrong.nonzero()[0].tolist()
            raise WorkbenchError(
                f"Task {self.name!r}: word {word} of row {row} holds the tag {target[row, word].item():g}; allowed: "
                f"0 … {top}, or -100 or NaN for missing ({int(wrong.sum())} such words)."
            )
        return torch.where(present, target, -100).to(torch.int64)

    def head(self, features: int) -> nn.Module:
        return Tagger(features, len(self.tags), self.decoder == "crf")

    def losses(self, output: Tagged, target: Tensor) -> Tensor:
        if output.chain is None:
            scores = output.emissions.float().transpose(1, 2)
            return F.cross_entropy(scores, target, reduction="none", ignore_index=-100)
        present = self.present(target)
        sentences = crf.nll(output.emissions.float(), target, output.mask, output.chain)
        per_word = (sentences / present.sum(1).clamp(min=1)).float()
        return torch.where(present, per_word.unsqueeze(1), 0.0)

    def metrics(self, output: Tagged, target: Tensor) -> dict[str, float]:
        """``accuracy``, and of entities ``f1``, ``precision`` and ``recall``; NaN where there is no label."""
        guess, truth = self.predict(output).cpu(), target.cpu()
        present = self.present(truth)
        if not bool(present.any()):
            names = ["accuracy", *["f1", "precision", "recall"] * (self.entities is not None)]
            return dict.fromkeys(names, float("nan"))
        found = {"accuracy": metrics.accuracy(guess[present], truth[present], len(self.tags))}
        if self.entities is not None:
            found |= self.entities(guess.numpy(), truth.numpy())
        return found

    def predict(self, output: Tagged) -> Tensor:
        """Tag numbers int64 ``[batch, words]``, -100 where a sentence is over; ``tags`` has the names.

        The likeliest tag of each word, or the likeliest sequence of tags (Viterbi).
        """
        if output.chain is not None:
            return crf.viterbi(output.emissions.float(), output.mask, output.chain)
        return output.emissions.argmax(dim=-1).masked_fill(~output.mask, -100)

    def in_words(self, output: Tagged) -> list[list[str]]:
        """The names of each sentence's tags."""
        return [[self.tags[tag] for tag in row if tag >= 0] for row in self.predict(output).tolist()]

    def describe(self) -> dict[str, Any]:
        return {"kind": self.kind, "name": self.name, "tags": list(self.tags), "decoder": self.decoder}
