"""A notebook for every combination of some parameters, several at a time."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import product
from pathlib import Path

from workbench.component import WorkbenchError, short
from workbench.notebooks.execute import Executed, check, execute
from workbench.spec import read_json

__all__ = ["combinations", "execute_many"]

FORM = '{"weighting": ["equal", "pcgrad"], "seed": [0, 1, 2]}'


def combinations(text: str, what: str = "grid") -> list[dict[str, str]]:
    """Every combination of a grid of parameters as JSON, the last one varying fastest; values as texts.

    Raises:
        WorkbenchError: no JSON, or not lists of values by parameter.
    """
    found = read_json(text, what)
    if not isinstance(found, dict) or not found:
        raise WorkbenchError(f"{what} should be {FORM}, found {short(found)}.")
    faults = [
        f"{what}: {key!r} should be a list of values, found {short(values)}."
        for key, values in found.items()
        if not (isinstance(values, list) and values)
    ]
    if faults:
        raise WorkbenchError(*faults)
    return [
        {key: value if isinstance(value, str) else json.dumps(value) for key, value in zip(found, values, strict=True)}
        for values in product(*found.values())
    ]


def execute_many(
    path: Path,
    each: Sequence[Mapping[str, str]],
    workers: int,
    *,
    out: str | os.PathLike[str] | None = None,
    html: bool = False,
) -> Iterator[tuple[Mapping[str, str], Executed]]:
    """Execute a notebook once per set of parameters; kernels are processes of their own, threads only wait for them.

    Args:
        path: the notebook.
        each: parameter name -> text, one mapping per execution; all are checked before the first kernel starts.
        workers: how many kernels at a time.
        out, html: as for ``execute``.

    Yields:
        the parameters and what became of them, as they end.

    Raises:
        WorkbenchError: as ``execute``.
    """
    for texts in each:
        check(path, texts)
    with ThreadPoolExecutor(workers) as pool:
        futures = {pool.submit(execute, path, texts, out=out, html=html, progress=False): texts for texts in each}
        for future in as_completed(futures):
            yield futures[future], future.result()
