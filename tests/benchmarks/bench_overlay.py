"""How long a zoom or a pan of many overlaid runs takes in a real browser.

Run it with ``python tests/benchmarks/bench_overlay.py``; it needs a Chromium, takes half a minute, prints figures and
judges none. Server, kernel and browser share the machine.
"""

import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.browser.conftest import FLAGS, SERVER, Page, browser_path, serving, write_notebook

CELL = """
import numpy as np
from workbench.widgets.sections.overlay import Overlay, Picture, Shown

noise, steps = np.random.default_rng(0), np.arange(1, {points} + 1)
tasks = ["digit", "parity", "ink"]
sent = []

def run(i):
    def curve(k):
        fall = np.exp(-steps / (600 * (k + 1 + i / 5)))
        return (2.3 - 0.05 * i) * fall * noise.lognormal(0, 0.15, len(steps)) + 0.1 * k
    quantities = dict.fromkeys(tasks, "loss")
    return Shown(f"run {{i + 1}}", quantities, {{task: (steps, curve(k)) for k, task in enumerate(tasks)}})

overlay = Overlay()
overlay.show(Picture("{quantity}", [run(i) for i in range({runs})], key=1))
overlay.canvas
"""
#: zoom in at many places, pan, and zoom out again; after each: what drawing took, and until the frame was there
MOVES = """async count => {
    const root = document.querySelector('.wbc'), plots = [...root.querySelectorAll('canvas')], found = [];
    const frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    const press = async (plot, key, shiftKey = false) => {
        const began = performance.now();
        plot.dispatchEvent(new KeyboardEvent('keydown', { key, shiftKey, bubbles: true }));
        await frame();
        return [+root.dataset.milliseconds, performance.now() - began];
    };
    for (let i = 0; i < count; i++) {
        const plot = plots[i % plots.length];
        plot.focus();
        const box = plot.getBoundingClientRect(), clientX = box.left + box.width * (0.2 + (0.7 * i) / count);
        plot.dispatchEvent(new PointerEvent('pointermove', { clientX, clientY: box.top + 90, bubbles: true }));
        await frame();
        const zoomed = await press(plot, '+'), panned = await press(plot, 'ArrowRight', true);
        found.push([zoomed, panned, await press(plot, 'Escape')]);
    }
    return found;
}"""


def main(runs: int = 20, points: int = 10_000, zooms: int = 20) -> None:
    from playwright.sync_api import sync_playwright

    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        root, home = Path(folder, "root"), Path(folder, "home")
        root.mkdir()
        command = ["jupyterlab", *SERVER, "--LabApp.expose_app_in_browser=True"]
        browser = playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
        with serving(root, home, command) as (address, token):
            for quantity in ("validation loss", "training loss"):
                name = f"{quantity.split()[0]}.ipynb"
                write_notebook(root / name, CELL.format(runs=runs, points=points, quantity=quantity))
                page = Page(browser.new_page(viewport={"width": 1366, "height": 768}), Path(folder))
                page.open(f"{address}/doc/tree/{name}?reset&token={token}")
                page.run_cells()
                page.tab.wait_for_function(f"() => +document.querySelector('.wbc')?.dataset.last === {points}")
                drawn = page.tab.locator(".wbc").get_attribute("data-points")
                found = page.tab.evaluate(MOVES, zooms)
                print(
                    f"{runs} runs of {points:,} points in 3 plots, {quantity} ({int(drawn):,} points in the browser):"
                )
                for i, move in enumerate(("zoom in", "pan", "all steps")):
                    script, shown = ([each[i][k] for each in found] for k in (0, 1))
                    print(
                        f"  {move}: drawn in {median(script):.0f} ms (worst {max(script):.0f}), in the frame after "
                        f"{median(shown):.0f} ms (worst {max(shown):.0f})"
                    )
        browser.close()


if __name__ == "__main__":
    main()
