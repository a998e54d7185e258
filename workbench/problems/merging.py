"""Several tables put together: their rows one after another, their columns matched by name."""

from dataclasses import replace

import numpy as np

from workbench.component import WorkbenchError
from workbench.problems.reading import Sheet


def together(sheets: list[Sheet]) -> Sheet:
    """One table with the columns of all; a cell of a column that a row's table lacks is empty.

    Raises:
        WorkbenchError: some of the tables have splits of their own and others have not.
    """
    import pandas as pd

    if len(sheets) == 1:
        return sheets[0]
    splits = [sorted(sheet.fixed) for sheet in sheets]
    other = next((i for i, found in enumerate(splits) if found != splits[0]), None)
    if other is not None:
        raise WorkbenchError(
            f"{sheets[0].name} brings the splits {_words(splits[0])}, {sheets[other].name} brings "
            f"{_words(splits[other])}; tables that are put together need the same ones."
        )
    lengths = [len(sheet.frame) for sheet in sheets]
    starts = np.cumsum([0, *lengths[:-1]])
    files = np.cumsum([0, *(len(sheet.files) for sheet in sheets[:-1])])
    coded = {name for sheet in sheets for name in sheet.frame.columns if sheet.categorical(name)}
    frame = pd.concat([sheet.frame for sheet in sheets], ignore_index=True)
    for name in coded:  # pandas forgets categories that differ
        frame[name] = frame[name].astype("category")
    return replace(
        sheets[0],
        frame=frame,
        name=" + ".join(sheet.name for sheet in sheets),
        files=[file for sheet in sheets for file in sheet.files],
        part=np.concatenate([sheet.part + first for sheet, first in zip(sheets, files, strict=True)]),
        number=np.concatenate([sheet.number for sheet in sheets]),
        fixed={
            split: np.concatenate([sheet.fixed[split] + start for sheet, start in zip(sheets, starts, strict=True)])
            for split in splits[0]
        },
        source=np.repeat(np.arange(len(sheets)), lengths),
    )


def _words(splits: list[str]) -> str:
    return " and ".join(splits) or "none"
