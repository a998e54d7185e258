"""The same panel in other front ends than JupyterLab: Notebook 7, and Voilà, where a page has no cells."""

import pytest

from tests.browser.conftest import SERVER, serving, write_notebook

PANEL = """
import workbench as wb

panel = wb.panel(wb.Spec(tasks=["digit", "ink"], epochs=400))
panel
"""
NOTEBOOK = ["notebook", *SERVER, "--JupyterNotebookApp.expose_app_in_browser=True"]
VOILA = ["voila", "panel.ipynb", "--no-browser", "--Voila.ip=127.0.0.1", "--port={port}", "--Voila.token={token}"]


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    write_notebook(root / "panel.ipynb", PANEL)
    return root


def trained(page):
    """Start, see curves, move a slider while it trains, stop."""
    panel = page.tab.locator(".wb-panel")
    panel.locator(".wbc").wait_for()
    start, stop = (panel.get_by_role("button", name=name, exact=True) for name in ("Start", "Stop"))
    start.click()
    page.tab.wait_for_function("() => +document.querySelector('.wbc').dataset.last > 20")
    panel.get_by_text("What would each method do now?").click()
    panel.get_by_label("smoothing").focus()
    stop.click()
    page.expect(panel.locator(".wb-status")).to_contain_text("stopped")
    page.expect(start).to_be_enabled()


def test_notebook_7(page, folder, tmp_path):
    with serving(folder, tmp_path / "home", NOTEBOOK) as (address, token):
        page.open(f"{address}/notebooks/panel.ipynb?token={token}")
        page.run_cells()
        trained(page)
        page.shot("front-end-notebook-7")
        page.shut_down()


def test_voila(page, folder, tmp_path):
    with serving(folder, tmp_path / "home", VOILA) as (address, token):
        page.tab.goto(f"{address}/?token={token}")
        trained(page)
        assert page.tab.locator(".wbc").count() == 1
        page.shot("front-end-voila")
