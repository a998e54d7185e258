"""Records as metrics of an MLflow run."""

import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.component import WorkbenchError
from workbench.runs.sinks.base import Sink, scalars
from workbench.training.records import Applied, Evaluation, Record

if TYPE_CHECKING:
    from workbench.runs.session import Session

#: numbers are handed over in blocks of at most so many, and about this many seconds apart
BLOCK, SECONDS = 500, 2.0
#: longest parameter that is kept
LONGEST = 500
#: how an MLflow run ends
ENDS = {"done": "FINISHED", "stopped": "KILLED", "failed": "FAILED"}
#: the tag by which the MLflow run of a resumed run is found again
TAG = "workbench.run"


class MLflow(Sink):
    """Losses, weights, metrics and maps as metrics, the spec as parameters; an experiment per problem.

    ``where`` is a tracking address; by default the variable ``MLFLOW_TRACKING_URI``, else an SQLite file ``mlflow.db``
    in the store, for which nothing has to listen anywhere (``mlflow ui --backend-store-uri sqlite:///runs/mlflow.db``
    shows it). A path is taken for such a file. What MLflow may not have in a name becomes ``_``. MLflow's own usage
    reports stay off unless the variable ``MLFLOW_DISABLE_TELEMETRY`` says otherwise.

    Raises:
        WorkbenchError: the package is missing.
    """

    def __init__(self, where: Any = None) -> None:
        super().__init__(where)
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        try:
            import mlflow.tracking
        except ImportError:
            raise WorkbenchError("The sink 'mlflow' needs the package mlflow: install mtl-workbench[mlflow].") from None
        self._mlflow = mlflow
        self._client: Any = None
        self._run = ""
        self._block: list[Any] = []
        self._written = time.monotonic()

    def open(self, session: "Session") -> None:
        where = self.where or os.environ.get("MLFLOW_TRACKING_URI") or str(session.path.parent / "mlflow.db")
        folder = session.path.parent / "mlflow"
        if "://" not in where:
            file = Path(where).resolve()
            file.parent.mkdir(parents=True, exist_ok=True)
            where, folder = f"sqlite:///{file}", file.parent / "mlflow"
        self._tasks = session.tasks
        self._client = client = self._mlflow.tracking.MlflowClient(tracking_uri=where)
        name = session.spec.chosen("problem")[0]
        experiment = client.get_experiment_by_name(name)
        artifacts = {"artifact_location": folder.resolve().as_uri()} if where.startswith("sqlite:") else {}
        number = experiment.experiment_id if experiment else client.create_experiment(name, **artifacts)
        found = client.search_runs([number], f"tags.`{TAG}` = '{session.path.name}'") if session.step_number else []
        if found:
            self._run = found[0].info.run_id
            client.update_run(self._run, status="RUNNING")
            return
        self._run = client.create_run(number, run_name=session.path.name, tags={TAG: session.path.name}).info.run_id
        parameters = [
            self._mlflow.entities.Param(_allowed(key), str(value)[:LONGEST])
            for key, value in _flat(session.spec.to_dict())
        ]
        client.log_batch(self._run, params=parameters)

    def write(self, record: Record) -> None:
        now, step = int(time.time() * 1000), getattr(record, "step", 0)
        metric = self._mlflow.entities.Metric
        self._block += [metric(_allowed(name), value, now, step) for name, value in scalars(record, self._tasks)]
        late = time.monotonic() - self._written > SECONDS
        if isinstance(record, Evaluation | Applied) or len(self._block) >= BLOCK or late:
            self._flush()

    def close(self, status: str) -> None:
        if self._run:
            self._flush()
            self._client.set_terminated(self._run, ENDS[status])

    def _flush(self) -> None:
        block, self._block = self._block, []
        for start in range(0, len(block), BLOCK):
            self._client.log_batch(self._run, metrics=block[start : start + BLOCK])
        self._written = time.monotonic()


def _allowed(name: str) -> str:
    return re.sub(r"[^\w\-. :/]", "_", name)


def _flat(values: dict[str, Any], above: str = "") -> list[tuple[str, Any]]:
    """Nested settings as dotted names with values."""
    found: list[tuple[str, Any]] = []
    for key, value in values.items():
        deeper = isinstance(value, dict) and value
        found += _flat(value, f"{above}{key}.") if deeper else [(f"{above}{key}", value)]
    return found
