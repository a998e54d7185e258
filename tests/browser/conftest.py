"""A real JupyterLab in a real Chromium.

Without a Chromium these tests are skipped; with ``WORKBENCH_BROWSER=require`` that is a failure. Screenshots
are kept in the folder named by ``WORKBENCH_SHOTS``, if it is set.
"""

import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest

REPOSITORY = Path(__file__).parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: milliseconds to wait for a state
PATIENCE = 60_000
#: no pop-up over the page; widgets are saved with their notebook
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyter-widgets/jupyterlab-manager/plugin": {"saveState": True},
}
#: where Notebook's own scripts come from: it looks for the settings of a plugin that only JupyterLab has
FOREIGN = "/static/notebook/notebook_core"
#: run code in the kernel of the notebook shown, and collect what it prints
ASK = """async code => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const future = kernel.requestExecute({ code, store_history: false });
    let printed = "";
    future.onIOPub = message => { printed += message.content.text ?? message.content.evalue ?? ""; };
    await future.done;
    return printed.trim();
}"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


def browser_path() -> str | None:
    """Where a Chromium is; None: nowhere."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path."""
    found = browser_path()
    missing = f"no Chromium here (looked for {', '.join(BROWSERS)})" if found is None else ""
    if importlib.util.find_spec("playwright") is None:
        missing = "playwright is not installed"
    if missing and os.environ.get("WORKBENCH_BROWSER") == "require":
        pytest.fail(f"WORKBENCH_BROWSER=require, but {missing}")
    if missing:
        pytest.skip(missing)
    assert found is not None
    return found


@dataclass
class Lab:
    """A running JupyterLab.

    Attributes:
        root: the folder it shows.
        runs: where runs of its notebooks go.
        url: the address of a notebook, by its name.
    """

    root: Path
    runs: Path
    url: Callable[[str], str]

    def notebook(self, name: str, *cells: str) -> str:
        """Write a notebook of code cells; its address."""
        write_notebook(self.root / name, *cells)
        return self.url(name)


def write_notebook(path: Path, *cells: str) -> None:
    """A notebook of code cells."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, path)


@contextmanager
def serving(root: Path, home: Path, command: list[str]) -> Iterator[tuple[str, str]]:
    """A Jupyter server for the notebooks in a folder, with settings of its own; its address and its token.

    Args:
        home: an empty folder for settings and logs.
        command: the module and its arguments; ``{port}``, ``{token}`` and ``{root}`` in them are filled in.
    """
    for plugin, values in SETTINGS.items():
        settings = home / "settings" / f"{plugin}.jupyterlab-settings"
        settings.parent.mkdir(parents=True)
        settings.write_text(json.dumps(values))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    folders = {"SETTINGS": "settings", "WORKSPACES": "workspaces"}
    env = {
        **os.environ,
        **{f"JUPYTERLAB_{key}_DIR": str(home / folder) for key, folder in folders.items()},
        **{f"JUPYTER_{key}_DIR": str(home / key.lower()) for key in ("CONFIG", "RUNTIME", "DATA")},
        "IPYTHONDIR": str(home / "ipython"),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")])),
        "WORKBENCH_RUNS": str(root / "runs"),
    }
    words = [word.format(port=port, token=token, root=root) for word in command]
    with open(home / "server.log", "w") as log:
        server = subprocess.Popen([sys.executable, "-m", *words], env=env, stdout=log, stderr=log, cwd=root)
    address = f"http://127.0.0.1:{port}"
    try:
        _until_up(server, f"{address}/api/status?token={token}", home / "server.log")
        yield address, token
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def _until_up(server: subprocess.Popen, address: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        assert server.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except urllib.error.HTTPError:  # it answers, though it has no such page
            return
        except OSError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)


#: of every Jupyter server; it listens on this machine only
SERVER = ["--no-browser", "--allow-root", "--ip=127.0.0.1", "--port={port}", "--ServerApp.port_retries=0"]
SERVER += ["--IdentityProvider.token={token}", "--ServerApp.root_dir={root}"]


@pytest.fixture(scope="session")
def lab(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root, home = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("home")
    with serving(root, home, ["jupyterlab", *SERVER, "--LabApp.expose_app_in_browser=True"]) as (address, token):
        yield Lab(root, root / "runs", lambda name: f"{address}/doc/tree/{name}?reset&token={token}")


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


class Page:
    """One tab on a JupyterLab notebook. ``tab`` and ``expect`` are playwright's; ``errors`` is what scripts raised."""

    def __init__(self, tab: Any, shots: Path) -> None:
        from playwright.sync_api import expect

        expect.set_options(timeout=PATIENCE)
        tab.set_default_timeout(PATIENCE)
        self.expect = expect
        self.tab, self.shots, self.errors = tab, shots, []
        tab.on("pageerror", self._raised)
        tab.on("console", self._console)

    def _raised(self, error: Any) -> None:
        if FOREIGN not in (error.stack or ""):
            self.errors.append(f"{error}\n{error.stack}")

    def _console(self, message: Any) -> None:
        if message.type == "error" and "anywidget" in message.text:
            self.errors.append(message.text)

    def open(self, url: str) -> None:
        self.tab.goto(url)
        self.idle()

    def idle(self) -> None:
        """Wait until the notebook's kernel waits."""
        self.tab.wait_for_function(
            "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
        )

    def command(self, name: str) -> None:
        """Execute one of JupyterLab's own commands and wait for it."""
        self.tab.evaluate("name => window.jupyterapp.commands.execute(name)", name)

    def theme(self, name: str) -> None:
        """Change JupyterLab's theme, which is that of all its pages, and wait for it."""
        self.tab.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", name)
        self.tab.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=name)

    def run_cells(self) -> None:
        self.command("notebook:run-all-cells")

    def evaluate(self, expression: str) -> str:
        """What a Python expression is in the notebook's kernel, as text."""
        return self.tab.evaluate(ASK, f"print(repr({expression}))")

    def expect_kernel(self, expression: str, text: str) -> None:
        """Wait until a Python expression is so in the kernel: widgets send what one chose a moment later."""
        deadline = time.monotonic() + PATIENCE / 1000
        while (found := self.evaluate(expression)) != text and time.monotonic() < deadline:
            self.tab.wait_for_timeout(50)
        assert found == text

    def shut_down(self) -> None:
        """End every kernel, so that no test meets what another left."""
        self.tab.evaluate("() => window.jupyterapp?.serviceManager.sessions.shutdownAll()")

    def shot(self, name: str) -> None:
        self.tab.screenshot(path=self.shots / f"{name}.png")


@pytest.fixture
def page(browser: Any, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Page]:
    shots = Path(os.environ.get("WORKBENCH_SHOTS", tmp_path))
    shots.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    tab = context.new_page()
    page = Page(tab, shots)
    yield page
    page.shot(f"{request.node.name}-end")
    page.shut_down()
    context.close()
    assert not page.errors, page.errors


@pytest.fixture
def panel(lab: Lab, page: Page, request: pytest.FixtureRequest) -> Any:
    """The panel that the cell ``PANEL`` of the test's module makes, on a small laptop."""
    page.tab.set_viewport_size({"width": 1366, "height": 768})
    page.open(lab.notebook(f"{request.node.name}.ipynb", request.module.PANEL))
    page.run_cells()
    page.tab.locator(".wb-panel .wbc").wait_for()
    return page.tab.locator(".wb-panel")
