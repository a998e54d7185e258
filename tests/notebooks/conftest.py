"""Notebooks made for tests."""

from pathlib import Path

import nbformat.v4
import pytest


@pytest.fixture
def notebook(tmp_path):
    """Write a notebook of code cells; the first one is tagged ``parameters`` when ``parameters`` is given."""

    def write(*sources: str, parameters: str | None = None, tags: tuple[str, ...] = (), name: str = "made") -> Path:
        cells = [nbformat.v4.new_code_cell(source, metadata={"tags": list(tags)}) for source in sources]
        if parameters is not None:
            cells.insert(0, nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
        path = tmp_path / f"{name}.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        return path

    return write
