"""Writing word by word: greedily, or with a beam."""

import torch
from torch import Tensor

from workbench.tasks.memory import Memory, State, Team
from workbench.tasks.tokens import END, UNKNOWN


@torch.no_grad()
def write(memory: Memory | Team, longest: int, beams: int = 1) -> Tensor:
    """The best texts found, ``int64[batch, longest]``: numbers of words, then the end, then -100.

    A beam keeps the ``beams`` best beginnings by ``log p``; at the end the text with the best ``log p`` per word
    (the end counts as one) is taken. One beam is greedy: always the likeliest word. Unknown words are never written.

    Args:
        memory: what was read.
        longest: most words of a text, its end included.
        beams: beginnings kept per example.
    """
    batch, device = len(memory.mask), memory.mask.device
    rows = torch.arange(batch, device=device).repeat_interleave(beams)
    wide = memory[rows]
    state = wide.start()
    words = rows.new_full((batch * beams, longest), -100)
    scores = torch.full((batch, beams), float("-inf"), device=device)
    scores[:, 0] = 0  # all beams start alike: only one of them may go on
    before, over = rows.new_full((batch * beams,), END), torch.zeros_like(rows, dtype=torch.bool)
    for place in range(longest):
        state, chances, _ = wide.step(state, before)
        chances[:, UNKNOWN] = float("-inf")
        if place == longest - 1:  # whatever is not over by now ends here
            chances[:, END + 1 :] = float("-inf")
        chances[over] = float("-inf")
        chances[over, END] = 0
        every = scores.unsqueeze(-1) + chances.view(batch, beams, -1)
        scores, best = every.flatten(1).topk(beams, dim=1)
        size = chances.shape[-1]
        source = (torch.arange(batch, device=device).unsqueeze(1) * beams + best // size).flatten()
        before, over, words = (best % size).flatten(), over[source], words[source]
        state = _of(state, source)
        words[:, place] = torch.where(over, -100, before)
        over = over | (before == END)
        if device.type == "cpu" and bool(over.all()):
            break
    lengths = (words != -100).sum(1).view(batch, beams).clamp(min=1)
    winner = (scores / lengths).argmax(1)
    return words.view(batch, beams, longest)[torch.arange(batch, device=device), winner]


def _of(state: State, rows: Tensor) -> State:
    return tuple(part[rows] if isinstance(part, Tensor) else _of(part, rows) for part in state)
