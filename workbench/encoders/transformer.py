"""Transformer encoder over words."""

import math
from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workbench.component import Field, Slider, WorkbenchError, register
from workbench.encoders.base import View
from workbench.encoders.stages import Place, Stages, WordStages
from workbench.encoders.words import PADDING, WordEncoder


class WordsInOrder(nn.Module):
    """Word vectors plus position vectors; learned ones for ``longest`` positions, or sines for any number."""

    def __init__(self, words: int, width: int, longest: int | None, dropout: float) -> None:
        super().__init__()
        self.table = nn.Embedding(words, width, padding_idx=PADDING)
        self.places = None if longest is None else nn.Parameter(0.02 * torch.randn(longest, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        length = x.shape[1]
        if self.places is None:
            places = sines(length, self.table.embedding_dim).to(self.table.weight)
        elif length <= len(self.places):
            places = self.places[:length]
        else:
            raise WorkbenchError(
                f"Encoder 'transformer' has learned positions for sentences of at most {len(self.places)} words, found "
                f"one of {length}; shorten it, or train with positions='sinusoidal'."
            )
        return self.dropout(self.table(x) + places)


def sines(length: int, width: int) -> Tensor:
    """Position t as ``sin(t / 10000^(2i/width))`` in column 2i and the cosine beside it, ``[length, width]``."""
    rate = torch.exp(-math.log(1e4) * torch.arange(0, width, 2, dtype=torch.float64) / width)
    angle = torch.arange(length, dtype=torch.float64).unsqueeze(1) * rate
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)[:, :width].float()


class Block(nn.Module):
    """``x + attention(norm(x))``, then ``x + mlp(norm(x))``; the last block of all normalises once more."""

    def __init__(self, width: int, heads: int, causal: bool, dropout: float, last: bool) -> None:
        super().__init__()
        self.heads, self.causal = heads, causal
        self.norm, self.norm_mlp = nn.LayerNorm(width), nn.LayerNorm(width)
        self.parts, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.dropout = nn.Dropout(dropout)
        self.end = nn.LayerNorm(width) if last else nn.Identity()

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        x = x + self.dropout(self.attention(self.norm(x), mask))
        return self.end(x + self.dropout(self.mlp(self.norm_mlp(x))))

    def attention(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Each word looks at every word of its sentence, or at those up to itself."""
        batch, length, width = x.shape
        q, k, v = self.parts(x).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        seen = x.new_ones(length, length, dtype=torch.bool)
        seen = (seen.tril() if self.causal else seen).expand(batch, 1, length, length)
        if mask is not None:
            first = torch.arange(length, device=x.device) == 0  # so that no row of scores is empty
            seen = seen & (mask | first)[:, None, None]
        drop = self.dropout.p if self.training else 0.0
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=seen, dropout_p=drop)
        return self.out(mixed.transpose(1, 2).reshape(batch, length, width))


@register(
    "encoder", "transformer", source="Vaswani et al., NeurIPS 2017; pre-norm: Xiong et al., ICML 2020", tags=("core",)
)
class Transformer(WordEncoder):
    """Word and position vectors, then layers of self-attention and a small network per word.

    Pre-norm: ``x ← x + MHA(LN(x))``, ``x ← x + MLP(LN(x))`` with ``MLP = W₂ gelu(W₁ ·)``, four times as wide inside;
    LN once more at the end. Attention in each head is ``softmax(QKᵀ/√d)V`` over the words of the sentence, with
    ``causal`` over those up to the word itself. ``positions``: ``learned`` vectors, for sentences up to the longest one
    of the problem, or ``sinusoidal`` ones, for any length.

    Shapes: ``int64[batch, words] -> [batch, words, width]``.

    Raises:
        WorkbenchError: ``width`` is no multiple of ``heads``.
    """

    width: Annotated[int, Field(ge=1, description="features per word"), Slider(16, 512, log=True)] = 128
    layers: Annotated[int, Field(ge=1, description="number of layers"), Slider(1, 8)] = 2
    heads: Annotated[int, Field(ge=1, description="heads of the attention; they divide width"), Slider(1, 16)] = 4
    positions: Annotated[Literal["learned", "sinusoidal"], Field(description="what tells word order")] = "learned"
    causal: Annotated[bool, Field(description="no word sees later ones, as language modelling needs it")] = False
    dropout: Annotated[float, Field(ge=0, lt=1, description="share of units dropped"), Slider(0, 0.8)] = 0.1

    def setup(self) -> None:
        if self.width % self.heads:
            raise WorkbenchError(
                f"Encoder 'transformer': width = {self.width} is no multiple of heads = {self.heads}; "
                f"{self.width // self.heads * self.heads or self.heads} is."
            )

    def build(self, view: View) -> Stages:
        assert view.codec is not None
        longest = view.shape[0] if self.positions == "learned" else None
        stages: list[nn.Module] = [WordsInOrder(view.codec.size, self.width, longest, self.dropout)]
        for number in range(self.layers):
            last = number == self.layers - 1
            stages.append(Block(self.width, self.heads, self.causal, self.dropout, last))
        return WordStages(stages, [Place(self.width, -1)] * (self.layers + 1))
