"""Views in, predictions out: for the model of a run, and for one made from it."""

from typing import TYPE_CHECKING, Any

from workbench.component import WorkbenchError, one_of

if TYPE_CHECKING:
    from workbench.problems.base import Data


def predict(model: Any, data: "Data", answers: Any, views: Any = None, names: bool | None = None) -> dict[str, Any]:
    """As ``Run.predict``, with this model; ``answers`` are the linear models that answer in its place, by task."""
    from workbench.training.evaluate import answered, outputs

    given, texts = ready(data, views)
    found = {**outputs(model, given), **answered(answers, given)}
    if bool(texts) if names is None else names:
        return {task.name: task.in_words(found[task.name]) for task in data.tasks}
    return {task.name: task.predict(found[task.name]) for task in data.tasks}


def ready(data: "Data", views: Any) -> tuple[dict[str, Any], list[str]]:
    """Views as the model reads them, and the names of those that were given as texts.

    Raises:
        WorkbenchError: a view that is missing or has another shape, columns that do not fit, a text without words.
    """
    import pandas as pd
    import torch

    if views is None:
        views, _ = data.batch(data.splits["test"])
    if isinstance(views, pd.DataFrame):
        views = data.from_frame(views)
    if not isinstance(views, dict):
        views = {data.view_specs[0].name: views}
    shapes = {view.name: view.shape for view in data.view_specs}
    faults = [f"predict has no view {name!r}: {one_of(name, shapes)}." for name in views if name not in shapes]
    faults += [f"predict needs the view {name!r}." for name in shapes if name not in views]
    found = {}
    texts = [name for name, x in views.items() if name in data.codecs and not isinstance(x, torch.Tensor)]
    for name, x in views.items():
        if name not in shapes:
            continue
        if name in data.codecs:
            found[name] = data.from_texts(name, x) if name in texts else x
            continue
        found[name] = torch.as_tensor(x, dtype=torch.float32)
        if tuple(found[name].shape[1:]) != shapes[name]:
            wanted = ", ".join(map(str, shapes[name]))
            faults.append(f"View {name!r} should be [batch, {wanted}], found {list(found[name].shape)}.")
    if faults:
        raise WorkbenchError(*faults)
    return found, texts
