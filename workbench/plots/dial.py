"""Figures of one kind under one slider."""

from collections.abc import Mapping

from workbench.plots.figure import Figure

#: pixels for the slider, between title and plot
ROOM = 100


def dial(figures: Mapping[str, Figure], label: str, start: int = 0) -> Figure:
    """One figure with a slider that moves between several of the same kind; it works without a kernel too.

    A trace that is the same in all of them is kept once.

    Args:
        figures: text beside the slider -> figure; layout and title are those of each.
        label: what is turned.
        start: which one is shown first, from 0.
    """
    names = list(figures)
    shown = figures[names[start]]
    common = [t for t in shown.data if all(any(t == other for other in f.data) for f in figures.values())]
    out = Figure(layout=shown.layout)
    out.add_traces(common)
    owner = [-1] * len(common)
    for i, figure in enumerate(figures.values()):
        own = [trace for trace in figure.data if not any(trace == kept for kept in common)]
        out.add_traces(own)
        owner += [i] * len(own)
    for trace, i in zip(out.data, owner, strict=True):
        trace.visible = i in (-1, start)
    steps = [
        {
            "label": name,
            "method": "update",
            "args": [{"visible": [o in (-1, i) for o in owner]}, {"title.text": figures[name].layout.title.text}],
        }
        for i, name in enumerate(names)
    ]
    slider = {"active": start, "steps": steps, "currentvalue": {"prefix": f"{label}: ", "font": {"size": 17}}}
    place = {"y": 1, "yanchor": "bottom", "pad": {"b": 28}}
    top = 70 if shown.layout.margin.t is None else shown.layout.margin.t
    out.update_layout(sliders=[{**slider, **place}], margin={"t": top + ROOM})
    out.update_layout(title={"y": 1, "yref": "container", "yanchor": "top", "pad": {"t": 28}})
    return out
