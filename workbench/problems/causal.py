"""Does an encoder look ahead?"""

from typing import Any

from workbench.component import Component, members


def reads_ahead(spec: Any, task: str) -> list[str]:
    """Why a language model cannot be trained with a spec's encoder: it has read the word to tell (none: it can).

    Args:
        spec: what was chosen.
        task: name of the language model.
    """
    name, settings = spec.chosen("encoder")
    known = members("encoder")
    if name not in known:  # the spec says that
        return []
    cls = known[name]
    if settings.get("causal", False) or getattr(cls, "gives", "") != "sequence":  # others object to by themselves
        return []
    able = [other for other, one in known.items() if _can_be_causal(one)]
    way_out = "set its causal=True" if _can_be_causal(cls) else f"take {' or '.join(able)} with causal=True"
    return [f"Task {task!r} tells the next word, but encoder {name!r} has read it already: {way_out}."]


def _can_be_causal(encoder: type[Component]) -> bool:
    return "causal" in encoder.settings()
