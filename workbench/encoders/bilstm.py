"""Recurrent network that reads a text in both directions."""

from typing import Annotated

import torch
from torch import Tensor, nn

from workbench.component import Field, Slider, register
from workbench.encoders.base import View
from workbench.encoders.stages import Place, Stages, WordStages
from workbench.encoders.words import PADDING, WordEncoder


class Embedded(nn.Module):
    """Numbers of words -> vectors, zero where a sentence is over."""

    def __init__(self, words: int, width: int, dropout: float) -> None:
        super().__init__()
        self.table = nn.Embedding(words, width, padding_idx=PADDING)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return self.dropout(self.table(x))


class BothWays(nn.Module):
    """One layer: an LSTM from the left and, unless ``causal``, one from each sentence's own end; side by side."""

    def __init__(self, inputs: int, units: int, causal: bool, dropout: float) -> None:
        super().__init__()
        self.onward = nn.LSTM(inputs, units, batch_first=True)
        self.back = None if causal else nn.LSTM(inputs, units, batch_first=True)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        out = self.onward(x)[0]
        if self.back is not None:
            turned = turn(x.shape[1], mask, x)
            out = torch.cat([out, along(self.back(along(x, turned))[0], turned)], dim=-1)
        if mask is not None:
            out = out * mask.unsqueeze(-1)
        return self.dropout(out)


def turn(length: int, mask: Tensor | None, like: Tensor) -> Tensor:
    """Positions in which every sentence reads backwards while padding stays behind it, ``int64[batch, length]``."""
    place = torch.arange(length, device=like.device).expand(len(like), length)
    if mask is None:
        return place.flip(1)
    ends = mask.sum(1, keepdim=True)
    return torch.where(place < ends, ends - 1 - place, place)


def along(x: Tensor, places: Tensor) -> Tensor:
    """``out[b, t] = x[b, places[b, t]]``."""
    return x.gather(1, places.unsqueeze(-1).expand(-1, -1, x.shape[-1]))


@register("encoder", "bilstm", source="Graves & Schmidhuber, Neural Networks 2005", tags=("core",))
class BiLSTM(WordEncoder):
    """Word vectors, then recurrent layers that read each sentence from the left and from the right.

    Layer l gives ``h_t = [LSTM→(x_1 … x_t), LSTM←(x_T … x_t)]`` at word t; the layer above reads these. With
    ``causal`` the second half is left out, so that ``h_t`` knows nothing of later words. Word vectors are learned from
    nothing. Words are lower-cased unless ``case``; words seen less than ``min_count`` times in training share one
    vector with all unknown ones.

    Shapes: ``int64[batch, words] -> [batch, words, 2 units]``, ``units`` wide if causal; zero where a sentence is over.
    """

    embedding: Annotated[int, Field(ge=1, description="length of word vectors"), Slider(8, 300, log=True)] = 64
    units: Annotated[int, Field(ge=1, description="units per direction"), Slider(8, 512, log=True)] = 64
    layers: Annotated[int, Field(ge=1, description="number of recurrent layers"), Slider(1, 4)] = 1
    causal: Annotated[bool, Field(description="read from the left only, as language modelling needs it")] = False
    dropout: Annotated[
        float, Field(ge=0, lt=1, description="share dropped of word vectors and of every layer"), Slider(0, 0.8)
    ] = 0.0

    def build(self, view: View) -> Stages:
        assert view.codec is not None
        stages: list[nn.Module] = [Embedded(view.codec.size, self.embedding, self.dropout)]
        width, inputs = self.units if self.causal else 2 * self.units, self.embedding
        for _ in range(self.layers):
            stages.append(BothWays(inputs, self.units, self.causal, self.dropout))
            inputs = width
        return WordStages(stages, [Place(self.embedding, -1), *[Place(width, -1)] * self.layers])
