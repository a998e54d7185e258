"""What every method would do with the same gradients."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.plots.figure import Figure, styled
from workbench.plots.style import DIVERGING, INK

#: colours end at this part of the way to full, so that dark numbers stay readable on them
STRENGTH = 0.8
#: height of a row, and width of the names beside a panel, in pixels
ROW, NAMES = 27, 140
#: width of a cell up to so many tasks
CELLS = {6: 72, 12: 54}
NARROWEST = 36
EXPLAINED = (
    "share of the weights in %; white: as much as in equal weighting, blue: more, orange: less<br>"
    "▼ the update goes against this task's gradient; methods start fresh, without a memory of the run"
)


def methods_now(frame: pd.DataFrame, title: str = "What would each method do now?") -> Figure:
    """The share of every task in every method's update, with the tasks that the update would hurt marked.

    A panel for each kind of method, by what it needs. In a panel the methods are ordered by their share of the task on
    which all methods differ most, so that those that do alike lie together. Rows without a need (weights that a run
    applied, or by hand) are repeated on top of each panel.

    Args:
        frame: from ``wb.weightings.compare`` or ``run.methods_now``: columns ``method``, ``needs``, ``task``,
            ``share``, ``cosine``, ``conflicts``.
        title: of the figure.
    """
    tasks = list(dict.fromkeys(frame["task"]))
    shares = frame.pivot(index="method", columns="task", values="share")[tasks]
    needs = frame.drop_duplicates("method").set_index("method")["needs"]
    hurt = _hurt(frame)[tasks]
    order = shares.sort_values(shares.std(ddof=0).idxmax(), ascending=False, kind="stable").index
    own = [method for method in needs.index if not needs[method]]
    kinds = [kind for kind in dict.fromkeys(needs) if kind] or [""]
    panels = [own + [method for method in order if needs[method] == kind and method not in own] for kind in kinds]
    deepest = max(map(len, panels))
    titles = [f"<b>needs: {kind}</b>" if kind else "" for kind in kinds]
    figure = Figure(make_subplots(1, len(kinds), horizontal_spacing=0, subplot_titles=titles))
    cell = next((width for most, width in CELLS.items() if len(tasks) <= most), NARROWEST)
    slanted = max(map(len, [*tasks, "conflicts"])) * 8 > cell
    width = cell * (len(tasks) + 1)
    total = (width + NAMES) * len(kinds)
    for column, methods in enumerate(panels, 1):
        z = np.clip(shares.loc[methods].to_numpy() * len(tasks) - 1, -1, 1)
        text = [[_cell(shares.at[m, task], hurt.at[m, task]) for task in tasks] for m in methods]
        counts = hurt.loc[methods].sum(axis=1)
        figure.add_trace(
            go.Heatmap(
                z=np.column_stack([z, np.zeros(len(methods))]),
                x=list(range(len(tasks) + 1)),
                y=list(range(len(methods))),
                text=[[*row, f"<b>{n} ▼</b>" if n else "0"] for row, n in zip(text, counts, strict=True)],
                customdata=_spoken(frame, methods, tasks),
                texttemplate="%{text}",
                hovertemplate="%{customdata}<extra></extra>",
                zmin=-1 / STRENGTH,
                zmax=1 / STRENGTH,
                colorscale=DIVERGING,
                showscale=False,
                xgap=2,
                ygap=2,
                textfont={"size": 14, "color": INK},
            ),
            row=1,
            col=column,
        )
        labels = [f"<b>{method}</b>" if method in own else method for method in methods]
        left = (column - 1) * (width + NAMES) + NAMES
        place = {"row": 1, "col": column}
        figure.update_xaxes(domain=[left / total, (left + width) / total], **place)
        figure.update_xaxes(tickvals=list(range(len(tasks) + 1)), ticktext=[*tasks, "conflicts"], side="top", **place)
        if own:
            figure.add_hline(y=len(own) - 0.5, line={"color": INK, "width": 2}, **place)
        figure.update_yaxes(tickvals=list(range(len(methods))), ticktext=labels, range=[deepest - 0.5, -0.5], **place)
    top = 205 if slanted else 165
    styled(figure, f"{title}<br><sup>{EXPLAINED}</sup>", height=ROW * deepest + top + 20)
    figure.update_layout(hovermode="closest", width=total + 50, margin={"l": 10, "r": 40, "t": top, "b": 20})
    figure.update_layout(title={"y": 1, "yref": "container", "yanchor": "top", "pad": {"t": 34}})
    figure.update_annotations(yshift=70 if slanted else 30)
    figure.update_xaxes(showgrid=False, tickangle=-35 if slanted else 0, tickfont={"size": 14})
    figure.update_yaxes(showgrid=False)
    return figure


def _hurt(frame: pd.DataFrame) -> pd.DataFrame:
    """Whether the update of a method (rows) goes against a task (columns): as many as it has conflicts."""
    rank = frame.groupby("method")["cosine"].rank(method="first")
    return frame.assign(hurt=rank <= frame["conflicts"]).pivot(index="method", columns="task", values="hurt")


def _cell(share: float, hurt: bool) -> str:
    number = f"{100 * share:.0f}".replace("-0", "0").replace("-", "−")
    return f"{number} ▼" if hurt else number


def _spoken(frame: pd.DataFrame, methods: list[str], tasks: list[str]) -> list[list[str]]:
    """What the pointer reads in every cell."""
    rows = frame.set_index(["method", "task"])
    spoken = []
    for method in methods:
        cells = [
            f"{method}, {task}: share {rows.at[(method, task), 'share']:.3f}, "
            f"cosine of the update with its gradient {rows.at[(method, task), 'cosine']:.3f}"
            for task in tasks
        ]
        spoken.append([*cells, f"{method}: against {rows.at[(method, tasks[0]), 'conflicts']} of {len(tasks)} tasks"])
    return spoken
