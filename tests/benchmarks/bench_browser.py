"""What a person feels of the panel in a real browser: until it is there, from button to effect, speed beside it.

Run it with ``python tests/benchmarks/bench_browser.py`` on a machine that does nothing else; it needs a Chromium, takes
about ten minutes, prints figures and judges none. Server, kernel and browser share the machine.
"""

import sys
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.browser.conftest import ASK, FLAGS, SERVER, Page, browser_path, serving, write_notebook

IMPORTS = """
import time
import workbench as wb
from workbench.widgets.live import Panel

class Switched(Panel):
    off = False

    def refresh(self):
        return True if self.off else super().refresh()

import workbench.widgets.live
workbench.widgets.live.Panel = Switched
"""
SHOW = "wb.panel(wb.Spec(seed={seed}, encoder='cnn', batch_size=128, epochs=100_000))"
#: when the picture that the next cell makes has its first plots
READY = """async () => {
    const began = performance.now(), before = document.querySelectorAll('.wbc[data-sequence]').length;
    const done = window.jupyterapp.commands.execute('notebook:run-cell-and-select-next');
    while (document.querySelectorAll('.wbc[data-sequence]').length === before)
        await new Promise(requestAnimationFrame);
    const seconds = performance.now() - began;
    await done;
    return seconds;
}"""
#: from a click on Pause, or on Resume, until the state line says so
CLICK = """async () => {
    const panel = [...document.querySelectorAll('.wb-panel')].at(-1), state = panel.querySelector('.wb-status');
    const button = panel.querySelector('.wb-pause'), was = state.innerText.split(' ')[0];
    const began = performance.now();
    button.click();
    while (state.innerText.split(' ')[0] === was) await new Promise(requestAnimationFrame);
    return performance.now() - began;
}"""
#: the four plots of the last panel into view: those out of sight are not drawn
SEEN = "() => [...document.querySelectorAll('.wbc')].at(-1).scrollIntoView({ block: 'end' })"
#: its curves grow
GROWING = "() => [...document.querySelectorAll('.wbc')].at(-1).dataset.last > 50"
#: two runs to slow down: a small one, and one whose every operation takes all cores
RUNS = {
    "small (mlp, 32 rows a step)": "wb.Spec(encoder='mlp', batch_size=32, epochs=100_000)",
    "large (cnn, 128 rows a step)": "wb.Spec(encoder='cnn', batch_size=128, epochs=100_000)",
}
#: steps a second, without refreshes and with so many a second, in turns within one run
SPEED = """
def speed(rate, settle=0.25, seconds=1.25):
    panel.off = rate is None
    panel._ticker.rate = rate or 1
    time.sleep(settle)
    step, began = panel.session.step_number, time.perf_counter()
    time.sleep(seconds)
    return (panel.session.step_number - step) / (time.perf_counter() - began)

for _ in range({rounds}):
    print(*(speed(rate) for rate in (None, 3.0, 10.0, None)))
panel.off = False
"""


def spread(values: list[float], digits: int = 0) -> str:
    low, _, high = quantiles(values, n=4)
    return (
        f"{median(values):.{digits}f} (quartiles {low:.{digits}f} … {high:.{digits}f}, worst {max(values):.{digits}f})"
    )


def main(panels: int = 9, clicks: int = 40, rounds: int = 40) -> None:
    from playwright.sync_api import sync_playwright

    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        root, home = Path(folder, "root"), Path(folder, "home")
        root.mkdir()
        cells = [SHOW.format(seed=seed) for seed in range(panels)]
        write_notebook(root / "bench.ipynb", IMPORTS, *cells)
        command = ["jupyterlab", *SERVER, "--LabApp.expose_app_in_browser=True"]
        browser = playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
        with serving(root, home, command) as (address, token):
            page = Page(browser.new_page(viewport={"width": 1366, "height": 768}), Path(folder))
            page.open(f"{address}/doc/tree/bench.ipynb?reset&token={token}")
            page.command("notebook:run-cell-and-select-next")
            page.idle()
            ready = [page.tab.evaluate(READY) for _ in range(panels)]
            print(f"a panel is shown, ms after its cell is run: first {ready[0]:.0f}, then {spread(ready[1:])}")
            page.tab.evaluate(ASK, "panel = wb.panel()")
            page.tab.evaluate(SEEN)
            for name, spec in RUNS.items():
                page.tab.evaluate(ASK, f"panel.pickers.spec = {spec}; panel.start()")
                page.tab.wait_for_function(GROWING)
                print(f"{name}:")
                felt = [page.tab.evaluate(CLICK) for _ in range(2 * clicks)]
                print(f"  Pause, ms from click to effect: {spread(felt[0::2])}; Resume: {spread(felt[1::2])}")
                lines = page.tab.evaluate(ASK, SPEED.format(rounds=rounds)).splitlines()
                found = [list(map(float, line.split())) for line in lines]
                for i, many in ((1, "the default refresh (3 a second)"), (2, "10 refreshes a second")):
                    ratios = [row[i] / ((row[0] + row[3]) / 2) for row in found]
                    print(f"  steps a second with {many} / with none: {spread(ratios, 3)}")
                still = [row[3] / row[0] for row in found]
                print(
                    f"  none / none, for the noise: {spread(still, 3)}; {median(row[0] for row in found):.0f} steps/s"
                )
                page.tab.evaluate(ASK, "panel.stop(); panel.session.wait()")
        browser.close()


if __name__ == "__main__":
    main()
