"""Notebooks really executed: nothing in them fails in silence."""

import json
import re
from html.parser import HTMLParser

import nbformat
import pytest

from workbench.cli import main
from workbench.component import WorkbenchError
from workbench.notebooks import execute
from workbench.notebooks.execute import _unused

BUTTON = """
import ipywidgets
def pressed(_):
    raise ValueError("in the button")
button = ipywidgets.Button()
button.on_click(pressed)
button.click()
"""
OBSERVE = """
import ipywidgets
def moved(_):
    raise ValueError("in the slider")
slider = ipywidgets.IntSlider()
slider.observe(moved, "value")
slider.value = 3
"""
OUTPUT = """
import ipywidgets
out = ipywidgets.Output()
with out:
    raise ValueError("inside the output")
"""
INTERACT = """
import ipywidgets
def show(x):
    raise ValueError("in interact")
ipywidgets.interact(show, x=3)
"""
THREAD = """
import threading
def work():
    raise ValueError("in the thread")
thread = threading.Thread(target=work, name="worker")
thread.start()
thread.join()
"""
RUNNING = """
import threading
stop = threading.Event()
def work():
    stop.wait()
threading.Thread(target=work, name="worker", daemon=True).start()
"""
RUNNING_C = """
import threading
lock = threading.Lock()
lock.acquire()
threading.Thread(target=lock.acquire, name="worker", daemon=True).start()
"""
TASK = """
import asyncio
async def work():
    raise ValueError("in the task")
asyncio.get_event_loop().create_task(work());
"""


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("1 / 0", "cell 1: ZeroDivisionError: division by zero"),
        (BUTTON, "ValueError: in the button"),
        (OBSERVE, "ValueError: in the slider"),
        (OUTPUT, "inside an Output widget: ValueError: inside the output"),
        (INTERACT, "ValueError: in interact"),
        (THREAD, "thread 'worker' failed: ValueError: in the thread"),
        (RUNNING, "thread 'worker' is still running at the end of the notebook"),
        (RUNNING_C, "thread 'worker' is still running"),
        (TASK, "an asyncio task failed: ValueError: in the task"),
        ("import os; os._exit(3)", "the kernel died"),
    ],
    ids="cell button observe output interact thread running running_c task dead".split(),
)
def test_nothing_fails_in_silence(source, said, notebook, tmp_path):
    done = execute(notebook(source.strip(), "import gc\ngc.collect()"), out=tmp_path / "out", progress=False)
    assert len(done.faults) == 1
    assert said in done.faults[0]
    assert done.path.is_file()
    assert [path.name for path in (tmp_path / "out").iterdir()] == [done.path.name]


HARMLESS = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(2)
list(pool.map(str, range(3)))
short = threading.Timer(0.2, lambda: None)
short.start()
print("a line", file=sys.stderr)
"""


def test_idle_helpers_and_threads_about_to_end_are_no_faults(notebook, tmp_path):
    done = execute(notebook(HARMLESS, "from tqdm.auto import tqdm\nlist(tqdm(range(3)))"), out=tmp_path, progress=False)
    assert done.faults == []


def test_a_progress_bar_is_kept_as_it_looked_at_the_end(notebook, tmp_path):
    source = "import sys\nfor i in range(50):\n    print(f'\\rstep {i}', end='', file=sys.stderr, flush=True)"
    done = execute(notebook(source), out=tmp_path, progress=False)
    (output,) = nbformat.read(done.path, as_version=4).cells[0].outputs
    assert output.text.strip() == "step 49"


def test_a_cell_tagged_so_may_raise(notebook, tmp_path):
    done = execute(notebook("1 / 0", tags=("raises-exception",)), out=tmp_path, progress=False)
    assert done.faults == []
    (cell,) = nbformat.read(done.path, as_version=4).cells
    assert cell.outputs[0].ename == "ZeroDivisionError"


def test_what_the_kernel_is_told(notebook, tmp_path, capsys):
    source = "import os\nprint(epochs, flag, os.environ['WORKBENCH_LIVE'], os.environ['WORKBENCH_RUNS'], os.getcwd())"
    path = notebook(source, parameters="epochs = 3\nflag = True")
    before = path.read_text()
    status = main(["notebook", str(path), "-p", "flag", "false", "--out", str(tmp_path / "out"), "--quiet"])
    out = capsys.readouterr().out
    assert status == 0
    written = tmp_path / "out" / out.strip().splitlines()[-1]
    assert re.fullmatch(r"made-\d{8}T\d{6}Z\.ipynb", written.name)
    executed = nbformat.read(written, as_version=4)
    assert executed.cells[-1].outputs[0].text.split() == ["3", "False", "0", str(tmp_path / "out"), str(tmp_path)]
    assert "widgets" not in executed.metadata
    assert path.read_text() == before


def test_two_at_the_same_second_do_not_overwrite_each_other(tmp_path):
    names = set()
    for _ in range(3):
        path = _unused(tmp_path, "made")
        path.touch(exist_ok=False)
        names.add(path)
    assert len(names) == 3


def test_a_failed_notebook_fails_the_command_and_is_kept(notebook, tmp_path, capsys):
    status = main(["notebook", str(notebook("1 / 0")), "--out", str(tmp_path / "out"), "--quiet", "--html"])
    said = capsys.readouterr()
    assert status == 1
    assert "made.ipynb: cell 1: ZeroDivisionError: division by zero" in said.err
    report, path = said.out.strip().splitlines()
    assert report.startswith("report: ")
    assert "ZeroDivisionError" in json.dumps(nbformat.read(path, as_version=4))


def test_no_kernel_starts_for_a_wrong_parameter(notebook, tmp_path):
    path = notebook("open('started', 'w').close()", parameters="epochs = 3")
    with pytest.raises(WorkbenchError, match="epoch"):
        execute(path, {"epoch": "3"}, out=tmp_path / "out")
    assert not (tmp_path / "started").exists()
    assert not (tmp_path / "out").exists()


class Fetched(HTMLParser):
    """What a browser would fetch for a page by itself, and the page's parts that count here."""

    def __init__(self):
        super().__init__()
        self.urls, self.tags = [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        given = dict(attributes)
        self.urls += [given[key] for key in ("src", "data", "poster") if given.get(key)]
        if tag == "link":
            self.urls.append(given.get("href"))


def test_the_page_fetches_nothing_and_draws_plotly(notebook, tmp_path):
    source = "import plotly.graph_objects as go\ngo.Figure(go.Scatter(y=[1, 3, 2], name='</script><b>bold'))"
    done = execute(notebook("print('</script>')", source), out=tmp_path, html=True, progress=False)
    assert done.faults == []
    text = done.page.read_text(encoding="utf-8")
    page = Fetched()
    page.feed(text)
    assert [url for url in page.urls if not url.startswith("data:")] == []
    assert "b" not in page.tags
    assert text.count('class="plotly-graph-div"') == 1
    assert len(text) > 3_000_000  # plotly's own script


def test_a_page_without_figures_is_small(notebook, tmp_path):
    done = execute(notebook("print(1)"), out=tmp_path, html=True, progress=False)
    assert done.page.stat().st_size < 500_000
