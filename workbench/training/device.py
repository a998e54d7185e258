"""Where to compute."""

import torch

from workbench.component import WorkbenchError, one_of


def resolve(text: str) -> torch.device:
    """The device behind ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``; auto is a GPU where there is one.

    Raises:
        WorkbenchError: a device that is not there, with those that are.
    """
    there = ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        there.append("mps")
    if text == "auto":
        return torch.device("cuda:0" if "cuda:0" in there else "cpu")
    if text == "cuda" and "cuda:0" in there:
        return torch.device("cuda:0")
    if text not in there:
        raise WorkbenchError(f"Spec: device {text!r} is not here: {one_of(text, ['auto', *there])}.")
    return torch.device(text)
