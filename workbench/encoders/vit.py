"""Vision transformer."""

from typing import Annotated, ClassVar

import torch
from torch import Tensor, nn

from workbench.component import Field, Slider, WorkbenchError, register
from workbench.encoders.base import Encoder, View
from workbench.encoders.stages import Place, Plain, Stages

#: how many patches a side there are at least where the size of a patch is left open
PATCHES = 7


@register("encoder", "vit_tiny", source="Touvron et al., ICML 2021 (DeiT-Ti); blocks: torchvision", tags=("core",))
class ViTTiny(Encoder):
    """A vision transformer: the image as a row of patches that attend to one another.

    The image is cut into patches of ``patch x patch`` pixels; each becomes a token ``E p + pos``, and a learned class
    token is put before them. A block is ``x + attention(norm(x))``, then ``x + mlp(norm(x))``; the features are the
    class token after the last block and a normalisation. Stages: patches, one per block, the end. Weights are
    random: torchvision has none for this size.

    ``patch`` left open is the largest size that divides height and width and leaves 7 patches a side or more; 28 and
    32 pixels give patches of 4, 224 pixels patches of 32.

    Shapes: ``[batch, channels, height, width] -> [batch, width]``.
    """

    reads: ClassVar[tuple[str, ...]] = ("image",)

    patch: Annotated[int | None, Field(ge=1, description="pixels per side of a patch; none: chosen by size")] = None
    width: Annotated[int, Field(ge=2, description="features of a token"), Slider(24, 384, step=24)] = 192
    depth: Annotated[int, Field(ge=1, description="number of blocks"), Slider(1, 12)] = 12
    heads: Annotated[int, Field(ge=1, description="attention heads; they divide the width"), Slider(1, 12)] = 3
    dropout: Annotated[float, Field(ge=0, lt=1, description="share of units dropped in each block"), Slider(0, 0.8)] = (
        0.0
    )

    def setup(self) -> None:
        if self.width % self.heads:
            raise WorkbenchError(
                f"Encoder 'vit_tiny': {self.heads} heads do not divide the width {self.width}; take a width of "
                f"{max(1, self.width // self.heads) * self.heads}."
            )

    def build(self, view: View) -> Stages:
        from torchvision.models.vision_transformer import EncoderBlock

        blocks = [
            Plain(EncoderBlock(self.heads, self.width, 4 * self.width, self.dropout, 0.0)) for _ in range(self.depth)
        ]
        stages = [Patches(view, self._patch(view), self.width), *blocks, End(self.width)]
        return Stages(stages, [Place(self.width, -1)] * len(stages))

    def _patch(self, view: View) -> int:
        height, width = view.shape[1:]
        fitting = [size for size in range(1, min(height, width) + 1) if height % size == 0 and width % size == 0]
        if self.patch is None:
            return max(size for size in fitting if size == 1 or min(height, width) // size >= PATCHES)
        if self.patch not in fitting:
            raise WorkbenchError(
                f"Encoder 'vit_tiny': patches of {self.patch} pixels do not divide {height}x{width}; allowed: "
                f"{', '.join(map(str, fitting))}."
            )
        return self.patch


class Patches(nn.Module):
    """``[batch, channels, height, width] -> [batch, 1 + patches, width]``, the class token first."""

    def __init__(self, view: View, patch: int, width: int) -> None:
        super().__init__()
        channels, rows, columns = view.shape
        self.project = nn.Conv2d(channels, width, patch, stride=patch)
        nn.init.trunc_normal_(self.project.weight, std=(channels * patch**2) ** -0.5)
        nn.init.zeros_(self.project.bias)  # type: ignore[arg-type]
        self.token = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + (rows // patch) * (columns // patch), width))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        tokens = self.project(x).flatten(2).transpose(1, 2)
        return torch.cat([self.token.expand(x.shape[0], -1, -1), tokens], dim=1) + self.positions


class End(nn.Module):
    """The class token, normalised: ``[batch, tokens, width] -> [batch, width]``."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, eps=1e-6)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return self.norm(x[:, 0])
