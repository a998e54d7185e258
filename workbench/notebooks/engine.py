"""papermill's engine, with a look into the kernel before the first and after the last cell."""

import ast
from dataclasses import dataclass, field
from typing import Any

from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines

__all__ = ["ENGINE", "Guard"]

ENGINE = "workbench"
_WATCH = "__import__('workbench.notebooks.watch', fromlist=['watch'])"


@dataclass
class Guard:
    """What went wrong in a notebook without any cell saying so, one sentence each."""

    faults: list[str] = field(default_factory=list)


class WatchedClient(PapermillNotebookClient):
    """papermill's client that asks the kernel about threads and reads the widgets' state."""

    guard: Guard

    def papermill_execute_cells(self) -> None:
        """Execute the cells, watched. Nothing is put into the notebook's own namespace."""
        self._ask("start()")
        super().papermill_execute_cells()
        found = list(self._ask("findings()"))
        said = _in_cells(self.nb) + _in_widgets(self.widget_state)
        traced = [] if found else _in_stderr(self.nb)
        self.guard.faults += dict.fromkeys([*said, *found, *traced])

    def set_widgets_metadata(self) -> None:
        """Keep the widgets' state out of the file: it is megabytes, and nothing headless shows it.

        (nbclient's own option for that, ``store_widget_state=False``, fails on an error inside an ``Output``.)
        """

    def _ask(self, call: str) -> Any:
        message = self.kc.execute("", silent=True, store_history=False, user_expressions={"it": f"{_WATCH}.{call}"})
        answer = self.wait_for_reply(message)["content"]["user_expressions"]["it"]
        if answer["status"] != "ok":
            raise RuntimeError(f"the kernel cannot watch its threads: {answer['ename']}: {answer['evalue']}")
        return ast.literal_eval(answer["data"]["text/plain"])


class WatchedEngine(NBClientEngine):
    """The engine papermill knows as ``workbench``; takes a ``guard`` to fill and an ``env`` for the kernel."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, *, guard: Guard, env: dict[str, str], **options: Any
    ) -> Any:
        """Execute the notebook in a fresh kernel."""
        client = WatchedClient(
            nb_man,
            kernel_name=kernel_name,
            startup_timeout=options.get("start_timeout", 60),
            timeout=None,
            extra_arguments=["--IPKernelApp.log_level=CRITICAL"],
        )
        client.guard = guard
        return client.execute(env=env)


papermill_engines.register(ENGINE, WatchedEngine)


def _in_cells(notebook: Any) -> list[str]:
    """Errors shown by cells: raised there, or in a callback that ran meanwhile. A cell tagged so may raise."""
    faults = []
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "code" or "raises-exception" in cell.metadata.get("tags", []):
            continue
        shown = [output for output in cell.outputs if output.output_type == "error"]
        faults += [f"cell {number}: {output.ename}: {output.evalue}" for output in shown]
        if cell.metadata.get("papermill", {}).get("exception") and not shown:
            faults.append(f"cell {number} failed and shows no error")
    return faults


def _in_widgets(states: dict[str, Any]) -> list[str]:
    """Errors shown inside ``Output`` widgets, where no cell reports them."""
    return [
        f"inside an Output widget: {output['ename']}: {output['evalue']}"
        for state in states.values()
        for output in state.get("outputs", ())
        if output["output_type"] == "error"
    ]


def _in_stderr(notebook: Any) -> list[str]:
    """Tracebacks of threads, by the last line of each."""
    return [
        f"cell {number}, on standard error: {output.text.strip().splitlines()[-1]}"
        for number, cell in enumerate(notebook.cells, 1)
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "stream" and output.name == "stderr" and "Exception in thread" in output.text
    ]
