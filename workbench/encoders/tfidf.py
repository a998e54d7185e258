"""Weighted word counts, then a multi-layer perceptron."""

from typing import Annotated, Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from workbench.component import Field, Slider, WorkbenchError, register
from workbench.encoders.base import Encoder, Sentences, View
from workbench.encoders.mlp import MLP
from workbench.encoders.stages import Stages


class WordCounts:
    """Sentences as weighted counts of words and word groups, by scikit-learn's ``TfidfVectorizer``.

    Args:
        sentences: of the training split.
        settings: of the vectorizer.

    Raises:
        WorkbenchError: no word is frequent enough.
    """

    def __init__(self, sentences: Sentences, **settings: Any) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self.vectorizer = TfidfVectorizer(
            tokenizer=list, preprocessor=_lower, token_pattern=None, lowercase=False, dtype=np.float32, **settings
        )
        try:
            self.vectorizer.fit(sentences)
        except ValueError as error:
            raise WorkbenchError(
                f"Encoder 'tfidf' finds no word that is in {settings['min_df']} of {len(sentences)} training texts; "
                "lower min_count."
            ) from error

    @property
    def size(self) -> int:
        """Number of columns."""
        return len(self.vectorizer.vocabulary_)

    def encode(self, sentences: Sentences, length: int) -> Tensor:
        """``float32[rows, size]``; rows have length 1, or 0 where no word is known."""
        return torch.from_numpy(self.vectorizer.transform(sentences).toarray())


def _lower(sentence: list[str]) -> list[str]:
    return [word.lower() for word in sentence]


@register("encoder", "tfidf", source="Spärck Jones, Journal of Documentation 1972 (the weights)", tags=("core",))
class TfIdf(Encoder):
    """Weighted counts of words, whatever their order, then fully connected layers.

    Column w of text d is ``tf(w, d) (log((1 + n) / (1 + df(w))) + 1)``, every text then scaled to length 1: tf counts
    the word in the text (``1 + log tf`` with ``sublinear``), df the training texts that have it, n all of them. With
    ``ngrams = 2`` pairs of neighbouring words have columns, too. On top works the encoder ``mlp``.

    Shapes: ``float32[batch, columns] -> [batch, width]``.
    """

    reads: ClassVar[tuple[str, ...]] = ("text",)

    min_count: Annotated[int, Field(ge=1, description="columns for words in so many texts"), Slider(1, 10)] = 2
    most_words: Annotated[int, Field(ge=1, description="at most so many columns"), Slider(100, 20_000, log=True)] = 2000
    ngrams: Annotated[int, Field(ge=1, le=5, description="longest group of words"), Slider(1, 3)] = 1
    sublinear: Annotated[bool, Field(description="1 + log of the count instead of the count")] = False
    width: Annotated[int, Field(ge=1, description="units per layer"), Slider(16, 512, log=True)] = 128
    depth: Annotated[int, Field(ge=1, description="number of layers"), Slider(1, 6)] = 1
    dropout: Annotated[float, Field(ge=0, lt=1, description="share of units dropped"), Slider(0, 0.8)] = 0.0

    def learn(self, sentences: Sentences) -> WordCounts:
        return WordCounts(
            sentences,
            min_df=self.min_count,
            max_features=self.most_words,
            ngram_range=(1, self.ngrams),
            sublinear_tf=self.sublinear,
        )

    def build(self, view: View) -> Stages:
        return MLP(width=self.width, depth=self.depth, dropout=self.dropout).build(view)
