"""Single-task models that together are no larger than the shared one."""

from workbench.component import component
from workbench.runs.baseline import baseline_spec
from workbench.spec import Spec

__all__ = ["matched_baseline"]


def matched_baseline(spec: Spec) -> Spec | None:
    """The baseline of a spec with encoders so narrow that all of them have at most the parameters of the spec's model.

    The setting ``width`` of the encoder is halved down by bisection. None where the encoder has no ``width``, or where
    a width of 1 is still too large.
    """
    name, settings = spec.chosen("encoder")
    declared = component("encoder", name).settings()
    if "width" not in declared:
        return None
    allowed, base = _parameters(spec), baseline_spec(spec)

    def narrowed(width: int) -> Spec:
        return base.replace(encoder={"name": name, **settings, "width": width}, name="narrow-single-tasks")

    low, high = 0, int(settings.get("width", declared["width"].default))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _parameters(narrowed(middle)) <= allowed else (low, middle - 1)
    return narrowed(low) if low else None


def _parameters(spec: Spec) -> int:
    from workbench.training.experiment import Experiment

    return sum(Experiment(spec.replace(device="cpu")).parameters)
