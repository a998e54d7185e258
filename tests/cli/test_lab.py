from pathlib import Path

import nbformat.v4
import pytest

import workbench
from workbench.cli import lab

CHECKOUT = Path(workbench.__file__).resolve().parent.parent


def words(user, **options):
    return lab.command(CHECKOUT, lab.FIRST, **{"port": None, "browser": True, "user": user, **options})


def test_lab_listens_on_this_machine_only():
    assert "--ServerApp.ip=127.0.0.1" in words(1000)
    assert [word for word in words(1000) if "ip=" in word] == ["--ServerApp.ip=127.0.0.1"]


def test_root_is_allowed_only_where_we_are_root():
    assert "--allow-root" in words(0)
    assert "--allow-root" not in words(1000)


def test_options_reach_jupyterlab():
    assert {"--no-browser", "--ServerApp.port=9999"} <= set(words(1000, browser=False, port=9999))


def test_the_address_leads_to_the_notebook():
    assert "--LabApp.default_url=/lab/tree/notebooks/00_quickstart.ipynb" in words(1000)
    assert not [word for word in lab.command(CHECKOUT, None, port=None, browser=True, user=1) if "default_url" in word]


def test_the_quickstart_is_what_opens():
    assert lab.place(None) == (CHECKOUT, lab.FIRST)
    assert (CHECKOUT / lab.FIRST).is_file()


def test_a_notebook_elsewhere_opens_in_its_own_folder(tmp_path):
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "mine.ipynb")
    assert lab.place(str(tmp_path / "mine.ipynb")) == (tmp_path.resolve(), Path("mine.ipynb"))


def test_jupyterlab_is_started_in_the_place_of_this_process(monkeypatch, tmp_path):
    started = {}

    def execve(path, arguments, environment):
        started.update(path=path, arguments=arguments, environment=environment, folder=Path.cwd())
        raise SystemExit(0)

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WORKBENCH_RUNS", raising=False)
    monkeypatch.setattr("os.execve", execve)
    with pytest.raises(SystemExit):
        workbench.cli.main(["lab", "--no-browser"])
    assert started["arguments"][1:3] == ["-m", "jupyterlab"]
    assert started["folder"] == CHECKOUT
    assert started["environment"]["WORKBENCH_RUNS"] == str(CHECKOUT / "runs")
