"""A recurrent decoder that looks back at the words read while it writes."""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workbench.features import Features
from workbench.tasks.memory import Memory, State
from workbench.tasks.tokens import END


class Decoder(nn.Module):
    """``s_t = cell(s_{t-1}, [y_{t-1}; c_t])``, ``scores_t = W [s_t; c_t]`` with ``c_t = Σ_i softmax_i(e_ti) h_i``.

    Attention compares the state before with every word read: ``additive`` (Bahdanau, ICLR 2015) by
    ``e_ti = vᵀ tanh(W s_{t-1} + U h_i)``, ``dot`` (Luong, EMNLP 2015) by ``e_ti = (W s_{t-1})ᵀ U h_i / √units``. The
    first state is ``tanh(B h̄)``, h̄ the mean of the words read.

    Args:
        features: of each word read.
        words: number of words that it can write, the end and the unknown word among them.
        units: of the state and of word vectors.
        cell: ``gru`` or ``lstm``.
        attention: ``additive`` or ``dot``.
    """

    def __init__(
        self, features: int, words: int, units: int, cell: Literal["gru", "lstm"], attention: Literal["additive", "dot"]
    ) -> None:
        super().__init__()
        self.additive = attention == "additive"
        self.table = nn.Embedding(words, units)
        self.bridge = nn.Linear(features, units)
        self.query, self.keys = nn.Linear(units, units), nn.Linear(features, units, bias=False)
        self.energy = nn.Linear(units, 1, bias=False) if self.additive else None
        self.cell: nn.GRUCell | nn.LSTMCell = (nn.GRUCell if cell == "gru" else nn.LSTMCell)(units + features, units)
        self.out = nn.Linear(units + features, words)

    def forward(self, features: Features) -> Memory:
        mask = features.mask
        if mask is None:
            mask = torch.ones(features.values.shape[:2], dtype=torch.bool, device=features.values.device)
        return Memory(features.values, self.keys(features.values), mask, self)

    def start(self, memory: Memory) -> State:
        """The state before the first word."""
        hidden = torch.tanh(self.bridge(Features(memory.values, memory.mask).pooled))
        return (hidden,) if isinstance(self.cell, nn.GRUCell) else (hidden, torch.zeros_like(hidden))

    def attend(self, memory: Memory, hidden: Tensor) -> Tensor:
        """Weights of the words read, ``[batch, source]``, with sum 1."""
        query = self.query(hidden).unsqueeze(1)
        if self.energy is not None:
            scores = self.energy(torch.tanh(query + memory.keys)).squeeze(-1)
        else:
            scores = (query * memory.keys).sum(-1) / memory.keys.shape[-1] ** 0.5
        return scores.float().masked_fill(~memory.mask, torch.finfo(torch.float32).min).softmax(dim=-1)

    def step(self, memory: Memory, state: State, before: Tensor) -> tuple[State, Tensor, Tensor]:
        """One word further: the new state, what the scores are made of ``[batch, units + features]``, the attention.

        Args:
            memory: what was read.
            state: after the word before.
            before: numbers of the words before, ``int64[batch]``.
        """
        weights = self.attend(memory, state[0])
        context = torch.einsum("bi,bif->bf", weights.to(memory.values.dtype), memory.values)
        found = self.cell(torch.cat([self.table(before), context], dim=-1), state[0] if len(state) == 1 else state)
        state = (found,) if isinstance(found, Tensor) else found
        return state, torch.cat([state[0], context], dim=-1), weights

    def teach(self, memory: Memory, target: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and attention of every word when each is told the right word before it (teacher forcing).

        Args:
            memory: what was read.
            target: numbers ``int64[batch, length]``, -100 after the end.

        Returns:
            scores ``[batch, length, words]`` and attention ``[batch, length, source]``.
        """
        told = F.pad(target.clamp(min=END)[:, :-1], (1, 0), value=END)
        state, made, maps = self.start(memory), [], []
        for before in told.unbind(1):
            state, found, weights = self.step(memory, state, before)
            made.append(found)
            maps.append(weights)
        return self.out(torch.stack(made, dim=1)), torch.stack(maps, dim=1)
