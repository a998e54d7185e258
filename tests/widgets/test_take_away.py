"""Taking an experiment away from the panel: texts that give it again, and files."""

import json
import shutil
from types import SimpleNamespace

import pytest

import workbench as wb
from workbench.runs.finished import Finished
from workbench.widgets.names import choose
from workbench.widgets.sections.take_away import TakeAway

SPEC = wb.Spec(tasks=["digit", "ink"], epochs=2, batch_size=256, weighting="fixed")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    steering = [{"step": 3, "command": "set", "weights": {"ink": 4.0}}]
    return wb.train(SPEC, progress=False, out=tmp_path_factory.mktemp("runs"), steering=steering)


class Host(SimpleNamespace):
    """A panel that shows a spec."""

    def __init__(self, spec=SPEC, **choice):
        super().__init__(spec=spec, choice=choose(**choice), failures=[])

    def wake(self):
        pass

    def fail(self, error):
        self.failures.append(error)


@pytest.fixture
def section():
    made = []

    def make(*args, **choice):
        made.append(TakeAway(Host(*args, **choice)))
        return made[-1]

    yield make
    for each in made:
        each.close()


def texts(section, session):
    """Label -> text, by whose they are."""
    return {each["of"]: {label: text for label, _, text in each["texts"]} for each in section.compute(session)}


CONTROLS = "what the controls show"


def test_every_text_of_a_run_gives_the_run_again(section, run):
    ((of, found),) = texts(section(), Finished(run)).items()
    assert of == f"run {run.path.name}"
    line = wb.unshare(found["share line"])
    assert (line.spec, list(line.steering)) == (SPEC, run.steering)
    assert wb.Spec.from_json(found["Spec JSON"]) == SPEC
    assert found["Python"] == run.to_python()
    assert found["command"] == run.notebook_command()
    assert '"ink": 4.0' in found["command"]


def test_where_the_controls_show_something_else_both_are_there(section, run):
    other = SPEC.replace(seed=7)
    made = section(other)
    of_run, of_controls = texts(made, Finished(run))
    assert (of_run, of_controls) == (f"run {run.path.name}", CONTROLS)
    found = texts(made, Finished(run))[CONTROLS]
    assert wb.unshare(found["share line"]) == wb.unshare(other.share())
    assert wb.Spec.from_json(found["Spec JSON"]) == other
    assert list(texts(made, None)) == [CONTROLS]


def test_faults_in_the_controls_hide_no_run(section, run):
    class Faulty(Host):
        @property
        def spec(self):
            raise wb.WorkbenchError("Spec: lr should be above 0.")

        @spec.setter
        def spec(self, _): ...

    made = TakeAway(Faulty())
    assert list(texts(made, Finished(run))) == [f"run {run.path.name}"]
    assert made.source(Finished(run))[1] == ""
    with pytest.raises(wb.WorkbenchError, match="lr should be above 0"):
        made.source(None)
    made.close()


def test_a_share_line_carries_the_teachers_choice(section):
    chosen = {"show": ["tasks", "weighting"], "hide": ["compare"], "lock": ["tasks"]}
    found = texts(section(SPEC, **chosen), None)[CONTROLS]
    line = wb.unshare(found["share line"])
    assert choose(line.show, line.hide, line.lock) == choose(**chosen)
    plain = texts(section(SPEC), None)[CONTROLS]
    assert plain["share line"] == SPEC.share()


def test_a_deleted_run_is_still_taken_away(section, run, tmp_path):
    shown = Finished(wb.open(shutil.copytree(run.path, tmp_path / run.path.name)))
    before, source = texts(section(), shown), section().source(shown)
    shown.run.folder.path.joinpath("spec.json").unlink()
    made = section()
    assert made.source(shown) != source
    assert texts(made, shown) == {f"{name} (deleted)": found for name, found in before.items()}
    made.update(shown)
    made.view.send = lambda content, buffers: None
    made._asked(None, {"file": "csv"}, None)
    assert made.view.said.startswith(run.path.name)
    made._asked(None, {"file": "report"}, None)
    assert made.view.said == "This run was deleted; its curves stay until Reset."
    assert made.host.failures == []


def test_files_of_the_run_shown(section, run):
    made, sent = section(), []
    made.view.send = lambda content, buffers: sent.append((content, buffers))
    made._asked(None, {"file": "csv"}, None)
    assert made.view.said.startswith("There is no run to save yet")
    made.update(Finished(run))
    for kind, opens in (("csv", b"step,epoch,split,task,quantity,value\n"), ("report", b"<!doctype html>")):
        made._asked(None, {"file": kind}, None)
        content, (data,) = sent.pop()
        assert content["name"].startswith(run.path.name)
        assert data.startswith(opens)
        assert made.view.said.startswith(content["name"])
    assert json.loads((run.path / "summary.json").read_text())["status"] == "done"
    assert made.host.failures == []


def test_what_nobody_expected_is_told(section, run):
    made = section()
    made.update(Finished(run))
    made._asked(None, {"nonsense": 1}, None)
    assert isinstance(made.host.failures[0], KeyError)
