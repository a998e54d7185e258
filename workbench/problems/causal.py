"""Does a model see what it is to tell?"""

from typing import Any

from workbench.component import Component, members


def reads_ahead(spec: Any, task: str) -> list[str]:
    """Why a language model cannot be trained with a spec: something has read the word to tell (none: nothing has).

    Args:
        spec: what was chosen.
        task: name of the language model.
    """
    return _encoder(spec, task) + _fusion(spec, task)


def _encoder(spec: Any, task: str) -> list[str]:
    name, settings = spec.chosen("encoder")
    known = members("encoder")
    cls = known.get(name)
    if cls is None or settings.get("causal", False) or getattr(cls, "gives", "") != "sequence":
        return []  # nothing is wrong, or others say so
    able = [other for other, one in known.items() if _can_be_causal(one)]
    way_out = "set its causal=True" if _can_be_causal(cls) else f"take {' or '.join(able)} with causal=True"
    return [f"Task {task!r} tells the next word, but encoder {name!r} has read it already: {way_out}."]


def _can_be_causal(encoder: type[Component]) -> bool:
    return "causal" in encoder.settings()


def _fusion(spec: Any, task: str) -> list[str]:
    name, _ = spec.chosen("fusion")
    cls = members("fusion").get(name)
    if cls is None or not getattr(cls, "looks_around", False):
        return []
    return [
        f"Task {task!r} tells the next word, but fusion {name!r} lets every word read the whole text; take 'shared' or "
        "another that works word by word."
    ]
