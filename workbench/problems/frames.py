"""Tables in memory: those that come with scikit-learn, and DataFrames kept in the cache."""

import hashlib
import io
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.component import WorkbenchError
from workbench.files import cache_folder, make_folder

if TYPE_CHECKING:
    import pandas as pd

#: scikit-learn's bundled tables -> the targets taken when none are named
BUNDLED = {
    "diabetes": ["progression", "glucose", "sex"],
    "wine": ["cultivar", "alcohol", "color_intensity"],
    "breast_cancer": ["diagnosis", "mean texture", "mean smoothness"],
    "iris": ["species", "petal width (cm)"],
    "linnerud": ["Weight", "Waist", "Pulse"],
}


def bundled(name: str) -> "pd.DataFrame":
    """One of scikit-learn's bundled tables, in its own units, with readable names."""
    from sklearn import datasets

    if name == "diabetes":
        frame = datasets.load_diabetes(as_frame=True, scaled=False).frame
        return frame.rename(columns={"target": "progression", "s6": "glucose"})
    bunch = getattr(datasets, f"load_{name}")(as_frame=True)
    renamed = {"wine": "cultivar", "breast_cancer": "diagnosis", "iris": "species"}.get(name)
    frame = bunch.frame.copy()
    if renamed:
        frame[renamed] = [str(bunch.target_names[number]) for number in frame.pop("target")]
    return frame


def store(frame: "pd.DataFrame") -> Path:
    """Keep a DataFrame as Parquet in the cache, under a name that follows from its content.

    Raises:
        WorkbenchError: duplicate column names, a column that Parquet cannot hold, or a cache that cannot be written.
    """
    frame = frame.rename(columns=str).reset_index(drop=True)
    twice = sorted(set(frame.columns[frame.columns.duplicated()]))
    if twice:
        raise WorkbenchError(f"The DataFrame has more than one column named {', '.join(map(repr, twice))}.")
    for name in frame.select_dtypes("category"):  # Parquet would forget that numbers were categories
        frame[name] = frame[name].cat.rename_categories(str)
    buffer = io.BytesIO()
    try:
        frame.to_parquet(buffer, index=False)
    except (ValueError, TypeError) as error:
        raise WorkbenchError(
            f"The DataFrame cannot be stored as Parquet: {'; '.join(map(str, error.args))}; give each column one type."
        ) from error
    content = buffer.getvalue()
    folder = make_folder(cache_folder() / "tables")
    path = folder / f"{hashlib.sha256(content).hexdigest()[:16]}.parquet"
    if not path.exists():
        try:
            with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as file:
                file.write(content)
            os.replace(file.name, path)
        except OSError as error:
            raise WorkbenchError(f"The table cannot be kept in {folder}: {error.strerror or error}.") from error
    return path
