"""Multi-head attention over streams and positions, a query per task."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import torch
from torch import Tensor, nn

from workbench.component import Field, Slider, register
from workbench.features import Features, at_positions_of
from workbench.fusions.base import Fusion, NewEncoder, Sharing, Table, noted_costs
from workbench.fusions.streams import Stem, Streams

#: most positions of a stream whose attention is shown one by one
SHOWN = 256


class Attend(nn.Module):
    """Tokens and queries to a vector per query.

    Attributes:
        cost: entropy of the attention in the last call in training, with its graph; None where it has no weight.
    """

    def __init__(self, width: int, heads: int, entropy: float) -> None:
        super().__init__()
        self.entropy = entropy
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.norm = nn.LayerNorm(width)
        self.cost: Tensor | None = None

    def forward(self, queries: Tensor, tokens: Tensor, there: Tensor) -> tuple[Tensor, Tensor | None]:
        """``[batch, queries, width]``, and the attention ``[batch, queries, tokens]`` in evaluation.

        Args:
            queries: ``[queries, width]``.
            tokens: ``[batch, tokens, width]``.
            there: which tokens hold something, ``bool[batch, tokens]``.
        """
        wanted = not self.training or self.entropy > 0
        q = queries.expand(tokens.shape[0], -1, -1)
        found, weights = self.attention(q, tokens, tokens, key_padding_mask=~there, need_weights=wanted)
        if self.training and self.entropy > 0:
            p = weights.float()
            self.cost = -self.entropy * torch.special.xlogy(p, p.clamp(min=1e-12)).sum(-1).mean()
        return self.norm(q + found), weights


class AttentionSharing(Sharing):
    def __init__(
        self, setting: "Attention", new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]
    ) -> None:
        super().__init__()
        self.tasks = tuple(tasks)
        self.streams = Streams(new_encoder, views, tasks, setting.stem, setting.stages)
        width = -(-max(self.streams.widths) // setting.heads) * setting.heads
        self.to_tokens = nn.ModuleList(nn.Linear(n, width) for n in self.streams.widths)
        self.marks = nn.Parameter(torch.randn(len(self.streams.names), width) * 0.02)
        self.queries = nn.ParameterList(torch.randn(width) * 0.02 for _ in tasks)
        self.attend = Attend(width, setting.heads, setting.entropy)
        self.features = dict.fromkeys(self.tasks, width)

    def forward(self, views: dict[str, Tensor], tasks: Sequence[str]) -> dict[str, Features]:
        tokens, found, _ = self._attended(views, tasks)
        lead = tokens[self.streams.lead]
        if lead.values.dim() == 2:
            return {task: Features(z) for task, z in zip(tasks, found.unbind(1), strict=True)}
        context = torch.stack([at_positions_of(lead, part) for part in tokens]).mean(0)
        given = {}
        for task, z in zip(tasks, found.unbind(1), strict=True):
            given[task] = lead.but(context + z.view(z.shape[0], *[1] * (lead.values.dim() - 2), -1))
            given[task].pooled = z
        return given

    def _attended(self, views: dict[str, Tensor], tasks: Sequence[str]) -> tuple[list[Features], Tensor, Tensor | None]:
        """Tokens per stream, ``[batch, tasks, width]``, attention ``[batch, tasks, tokens]``."""
        parts = zip(self.streams(views), self.to_tokens, self.marks, strict=True)
        tokens = [part.but(layer(part.values) + mark) for part, layer, mark in parts]
        rows = torch.cat(
            [part.values.flatten(1, -2) if part.values.dim() > 2 else part.values[:, None] for part in tokens], 1
        )
        queries = torch.stack([self.queries[self.tasks.index(task)] for task in tasks])
        found, weights = self.attend(queries, rows, torch.cat([there(part) for part in tokens], 1))
        return tokens, found, weights

    def own(self, task: str) -> list[nn.Parameter]:
        return [self.queries[self.tasks.index(task)]]

    def penalty(self) -> Tensor | None:
        return noted_costs([self.attend])

    def inspect(self, views: dict[str, Tensor]) -> dict[str, Table]:
        tokens, _, weights = self._attended(views, self.tasks)
        assert weights is not None
        parts = weights.float().mean(0).split([there(part).shape[1] for part in tokens], dim=1)
        names = self.streams.names
        found = {"attention": Table(self.tasks, names, torch.stack([part.sum(1) for part in parts], dim=1))}
        for name, token, part in zip(names, tokens, parts, strict=True):
            if 1 < part.shape[1] <= SHOWN:
                found[f"attention within {name}"] = Table(self.tasks, position_names(token), part)
        return found


def there(part: Features) -> Tensor:
    """Which positions hold something, ``bool[batch, tokens]``; where an example holds nothing at all, its first."""
    count = part.values[0].numel() // part.width
    if part.mask is None:
        return torch.ones(part.values.shape[0], count, dtype=torch.bool, device=part.values.device)
    mask = part.mask.flatten(1)
    first = torch.arange(count, device=mask.device) == 0
    return mask | (first & ~mask.any(1, keepdim=True))


def position_names(part: Features) -> tuple[str, ...]:
    """``1, 2, …`` along a sequence, ``row,column`` on a map."""
    shape = part.values.shape[1:-1]
    if len(shape) == 1:
        return tuple(str(i) for i in range(1, shape[0] + 1))
    return tuple(f"{row},{column}" for row in range(1, shape[0] + 1) for column in range(1, shape[1] + 1))


@register("fusion", "attention", source="Vaswani et al., NeurIPS 2017 (multi-head attention)", tags=("core",))
class Attention(Fusion):
    """Streams and their positions become tokens; every task asks them with a learned query in multi-head attention.

    ``T = [U_m F_m + e_m]`` over all streams m and their positions, e_m a mark of the stream; ``z_k = norm(q_k +
    MHA(q_k, T, T))``, in head a ``softmax(Q_a K_aᵀ / √d) V_a``. Task k reads z_k; where it predicts at positions, the
    tokens of the leading stream at each, the mean over streams, with z_k added. Streams are the problem's views where
    there are several, an encoder each; else one stem per task, the first ``stem`` stages of a fresh encoder, with the
    stages that follow in common. An encoder that ends with one vector gives one token; with ``stages`` tokens are taken
    where it still has positions, so that a CNN of two blocks, say, is asked pixel by pixel with ``stages = 2``. Words
    behind the end of a sentence are not attended to. Width: that of the widest stream, up to a multiple of ``heads``.

    ``entropy`` λ adds, outside the task weights, ``λ`` times the mean entropy of the attention (averaged over heads, in
    nats): attention as a regulariser, sharper the larger λ. The query q_k serves task k alone. Recorded: ``attention``,
    tasks × streams, and for each stream with several positions where in it every task looks.

    Shapes: per task ``[batch, *positions, width]``; as a vector ``z_k``, ``[batch, width]``.
    """

    needs: ClassVar[str] = "streams"
    looks_around: ClassVar[bool] = True

    heads: Annotated[int, Field(ge=1, le=32, description="attention heads"), Slider(1, 8)] = 4
    stem: Stem = 1
    stages: Annotated[
        int | None, Field(ge=1, description="stages of the encoders before features become tokens; none: all")
    ] = None
    entropy: Annotated[
        float, Field(ge=0, description="weight λ of the attention's entropy in the loss"), Slider(0, 1)
    ] = 0.0

    def build(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> Sharing:
        return AttentionSharing(self, new_encoder, views, tasks)
