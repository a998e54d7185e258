"""Small pictures as text that browsers show."""

import base64
import struct
import zlib

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["picture", "small", "stretched"]

_START = b"\x89PNG\r\n\x1a\n"


def picture(pixels: np.ndarray) -> str:
    """A data URL of a PNG.

    Args:
        pixels: ``uint8[height, width]`` (grey) or ``uint8[height, width, 3]``.
    """
    height, width = pixels.shape[:2]
    kind = 2 if pixels.ndim == 3 else 0
    rows = np.ascontiguousarray(pixels).reshape(height, -1)
    lines = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    whole = _START + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(lines, 9)) + _chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(whole).decode()


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def small(image: Tensor, side: int) -> Tensor:
    """An image ``[channels, height, width]`` with at most ``side`` pixels a side, averaged where it has more."""
    most = max(image.shape[1:])
    if most <= side:
        return image
    size = [max(1, round(length * side / most)) for length in image.shape[1:]]
    return F.interpolate(image.unsqueeze(0), size=size, mode="area").squeeze(0)


def stretched(image: Tensor, low: float = 0.0, high: float = 1.0) -> np.ndarray:
    """Numbers ``[channels, height, width]`` between two ends as pixels; one channel grey, else the first three."""
    part = torch.nan_to_num((image.float() - low) / (high - low)).clamp(0, 1)
    pixels = (255 * part).round().to(torch.uint8).cpu().movedim(0, -1).numpy()
    return pixels[:, :, :3] if pixels.shape[2] >= 3 else pixels[:, :, 0]
