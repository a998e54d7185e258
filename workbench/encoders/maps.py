"""Images of channels as maps of features."""

from torch import Tensor, nn


class ChannelsLast(nn.Module):
    """``[batch, channels, height, width] -> [batch, height, width, channels]``."""

    def forward(self, x: Tensor) -> Tensor:
        return x.movedim(1, -1)
