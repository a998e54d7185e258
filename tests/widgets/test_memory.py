"""Memory in words, whatever the system tells of it."""

import mmap
from types import SimpleNamespace

import pytest

from workbench.widgets import memory


def test_what_is_held_grows_by_what_is_allocated():
    before = memory.resident()
    if before is None:
        pytest.skip("this system does not tell what a process holds now")
    with mmap.mmap(-1, 100_000_000) as block:  # from the system, not from what Python has freed and keeps
        for page in range(0, len(block), mmap.PAGESIZE):
            block[page] = 1
        grown = memory.resident() - before
    assert 80e6 < grown < 200e6
    assert memory.peak() >= memory.resident() * 0.9


def test_words(monkeypatch):
    monkeypatch.setattr(memory, "resident", lambda: 640_000_000)
    assert memory.held("cpu") == "0.6 GB memory"
    monkeypatch.setattr(memory, "resident", lambda: None)
    monkeypatch.setattr(memory, "peak", lambda: 1_200_000_000)
    assert memory.held("cpu") == "at most 1.2 GB memory"
    monkeypatch.setattr(memory, "peak", lambda: None)
    assert memory.held("mps") == ""


def test_a_gpu_is_told_too(monkeypatch):
    asked = []
    cuda = SimpleNamespace(memory_allocated=lambda device: asked.append(device) or 2_345_000_000)
    monkeypatch.setattr("torch.cuda", cuda)
    monkeypatch.setattr(memory, "resident", lambda: 640_000_000)
    assert memory.held("cuda:1") == "0.6 GB memory · 2.3 GB on the GPU"
    assert asked == ["cuda:1"]


def test_another_system_tells_only_the_most_there_was(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "STATUS", tmp_path / "nowhere")
    assert memory.resident() is None
    assert memory.held("cpu").startswith("at most ")
