"""The canvas in JupyterLab: it draws, grows, zooms, and is there again after a reload."""

import pytest

from tests.browser.conftest import ASK
from workbench.widgets.canvas.canvas import Canvas

GROW = """
import time
import numpy as np
from workbench.widgets.canvas.canvas import Block, Canvas

tasks = ["digit", "parity", "large", "loops", "ink", "slant"]
noise = np.random.default_rng(0)
canvas, last = Canvas(tasks), 0

def grow(steps, epoch=90):
    global last
    when, blocks = np.arange(last + 1, last + steps + 1), []
    last += steps
    for i, task in enumerate(tasks):
        loss = (2.3 - 0.3 * i) * np.exp(-when / (250 * (i + 1))) + 0.08 * (i + 1)
        ends = when % epoch == 0
        blocks += [
            Block("loss", task, "train", when, loss * noise.lognormal(0, 0.2, steps)),
            Block("loss", task, "val", when[ends], loss[ends] * 1.08),
            Block("metric", task, "val", when[ends], 0.97 - loss[ends] / 4),
            Block("weight", task, "train", when, 1 / 6 + 0.08 * np.sin(when / 150 + i) + noise.normal(0, 0.01, steps)),
        ]
    canvas.append(*blocks)
    matrix = noise.uniform(-0.6, 0.8, (6, 6))
    matrix = (matrix + matrix.T) / 2
    np.fill_diagonal(matrix, 1)
    canvas.heatmap(last, matrix, "gradient_cosine")
"""
FOCUSED = "document.activeElement.closest('figure')?.innerText ?? document.activeElement.className"


@pytest.fixture
def canvas(lab, page, request):
    """The canvas of a notebook whose first cell shows it and whose second lets it grow."""
    page.open(lab.notebook(f"{request.node.name}.ipynb", GROW + "\ncanvas", "for _ in range(9): grow(100)"))
    page.run_cells()
    root = page.tab.locator(".wbc")
    root.and_(page.tab.locator("[data-last='900']")).wait_for()
    return root


def test_curves_grow(page, canvas):
    points = int(canvas.get_attribute("data-points"))
    assert points == 6 * (2 * 900 + 2 * 10)
    page.shot("canvas-1400")
    page.tab.set_viewport_size({"width": 1280, "height": 720})
    page.shot("canvas-1280")


def test_curves_are_still_there_after_a_reload(page, canvas):
    page.command("docmanager:save")
    page.tab.reload()
    page.idle()
    again = page.tab.locator(".wbc[data-last='900']")
    again.wait_for()
    assert 5_000 < int(again.get_attribute("data-points")) < 7_500  # thinned to fit in 60 kB
    page.shot("canvas-reloaded")


def test_the_pointer_reads_values_and_zooms(page, canvas):
    plot = canvas.locator(".wbc-plot").first
    box = plot.locator("canvas").bounding_box()
    page.tab.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 80)
    tip = plot.locator(".wbc-tip")
    tip.wait_for()
    assert "digit" in tip.inner_text()
    page.shot("canvas-hover")
    page.tab.mouse.down()
    page.tab.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 80, steps=4)
    page.tab.mouse.up()
    undo = canvas.get_by_role("button", name="all steps")
    page.expect(undo).to_be_enabled()
    page.shot("canvas-zoomed")
    plot.locator("canvas").dblclick(position={"x": 200, "y": 50})
    page.expect(undo).to_be_disabled()


def test_the_keyboard_reaches_everything(page, canvas):
    reached = set()
    canvas.locator("button, input").first.focus()
    for _ in range(14):
        reached.add(
            page.tab.evaluate("document.activeElement.closest('figure')?.innerText ?? document.activeElement.className")
        )
        page.tab.keyboard.press("Tab")
    assert {"wbc-task", "wbc-smooth", "wbc-log"} <= reached
    assert any(text.startswith("Loss") for text in reached)
    first = canvas.locator("canvas").first
    first.focus()
    page.tab.keyboard.press("Home")
    canvas.locator(".wbc-tip").first.wait_for()
    assert "step 1" in canvas.locator(".wbc-tip").first.inner_text()


def test_a_task_can_be_hidden_and_the_axis_made_logarithmic(page, canvas):
    digit = canvas.get_by_role("button", name="digit")
    digit.click()
    assert digit.get_attribute("aria-pressed") == "false"
    canvas.get_by_label("log loss axis").check()
    page.shot("canvas-log")


#: the labels of a logarithmic axis, by the functions of the canvas's own script
LABELS = """async ([script, ranges]) => {
    const text = `${script}\nexport { logTicks, tickText };`;
    const { logTicks, tickText } = await import(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
    return ranges.map(([low, high]) => logTicks(low, high).map(tickText));
}"""


def test_a_logarithmic_axis_has_ticks_that_can_be_read_over_any_number_of_decades(page):
    ranges = [(0.1, 1), (1e-3, 10), (1e-4, 2e4), (1.1e-7, 2.2e6), (3, 3e12), (1e-38, 3e38)]
    found = page.tab.evaluate(LABELS, [str(Canvas._esm), ranges])
    assert found[0] == ["0.1", "0.2", "0.5", "1"]
    assert found[3] == ["1e-6", "1e-4", "0.01", "1", "100", "10k", "1M"]
    assert found[4] == ["100", "10k", "1M", "100M", "1e10", "1e12"]
    assert all(4 <= len(labels) <= 7 and max(map(len, labels)) <= 7 for labels in found)


def test_a_loss_over_twelve_decades_keeps_its_ticks(page, canvas):
    page.tab.evaluate(
        ASK,
        """
when = np.arange(last + 1, last + 201)
last += 200
canvas.append(Block("loss", "digit", "train", when, 10.0 ** np.linspace(0, 12, 200)))
canvas.append(Block("loss", "ink", "train", when, 10.0 ** np.linspace(0, -6, 200)))
""",
    )
    canvas.and_(page.tab.locator("[data-last='1100']")).wait_for()
    canvas.get_by_label("log loss axis").check()
    page.shot("canvas-decades")


def test_refreshes_of_a_run_that_goes_on_are_drawn_when_there_is_time(page, canvas):
    def pictures(busy, pause):
        before = int(canvas.get_attribute("data-pictures"))
        last = int(canvas.get_attribute("data-last")) + 20
        page.tab.evaluate(ASK, f"canvas.busy = {busy}\nfor _ in range(20):\n    grow(1)\n    time.sleep({pause})")
        canvas.and_(page.tab.locator(f"[data-last='{last}']")).wait_for()  # the last one is never lost
        return int(canvas.get_attribute("data-pictures")) - before

    assert pictures(busy=True, pause=0.02) <= 10
    assert pictures(busy=False, pause=0.1) > 10
