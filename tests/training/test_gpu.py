"""On a GPU: the same path, and no question to the device within a step."""

import pytest
import torch

from workbench.spec import Spec
from workbench.training.experiment import Experiment
from workbench.training.loop import Steps
from workbench.training.state import State

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")]


@pytest.mark.parametrize("weighting", ["equal", "fixed", "uncertainty", "dwa"])
@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_a_step_asks_the_device_nothing(weighting, precision):
    spec = Spec(encoder="cnn", weighting=weighting, precision=precision, device="cuda", affinity=None)
    exp = Experiment(spec)
    run, batches = Steps(State(exp)), exp.batches(0)
    run.take(*batches[0], None)  # what is set up once may ask
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error")
    try:
        for batch in batches[1:6]:
            run.take(*batch, None)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert run.state.position.step == 6


def test_the_same_run_on_gpu_and_cpu(tmp_path):
    import workbench as wb

    spec = Spec(encoder="mlp", epochs=2, lr=1e-3)
    runs = [wb.train(spec.replace(device=device), progress=False, out=tmp_path) for device in ("cpu", "cuda")]
    one, other = (run.history.query("split == 'val' and quantity == 'loss'")["value"].to_numpy() for run in runs)
    assert other == pytest.approx(one, rel=1e-2)
