"""How much memory this process holds."""

import sys
from pathlib import Path

__all__ = ["held"]

STATUS = Path("/proc/self/status")


def held(device: str) -> str:
    """Memory of the process, and of the GPU if it computes there: ``0.6 GB memory``; "" where nobody says.

    Linux tells what is held now, macOS only the most there was (``at most``).

    Args:
        device: where the run computes, such as ``"cpu"`` or ``"cuda:0"``.
    """
    words = []
    now, most = resident(), peak()
    if now is not None:
        words.append(f"{now / 1e9:.1f} GB memory")
    elif most is not None:
        words.append(f"at most {most / 1e9:.1f} GB memory")
    if device.startswith("cuda"):
        import torch

        words.append(f"{torch.cuda.memory_allocated(device) / 1e9:.1f} GB on the GPU")
    return " · ".join(words)


def resident() -> int | None:
    """Bytes the process holds now, where the system tells."""
    try:
        text = STATUS.read_text()
    except OSError:  # no Linux
        return None
    line = next((line for line in text.splitlines() if line.startswith("VmRSS:")), None)
    return None if line is None else int(line.split()[1]) * 1024


def peak() -> int | None:
    """The most bytes the process ever held, where the system tells."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
