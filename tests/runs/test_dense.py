"""Dense tasks, images and views from spec to prediction."""

import pytest
import torch

import workbench as wb

FCN = {"name": "fcn", "channels": 8, "context": 1}
SCENES = {"name": "scenes", "rows": 40, "size": 16, "augment": "standard", "reconstruct": True}
METRICS = {
    "segmentation": "miou",
    "depth": "abs_error",
    "normals": "mean_angle",
    "objects": "mae",
    "shapes": "average_precision",
    "reconstruction": "mse",
}


def spec(**fields):
    usual = {"problem": SCENES, "encoder": FCN, "epochs": 2, "batch_size": 12, "lr": 3e-3, "affinity": None}
    return wb.Spec(**{**usual, **fields})


@pytest.mark.parametrize(
    ("weighting", "gradients"),
    [("equal", "exact"), ("mgda", "representation"), ("graddrop", "exact"), ("modo", "exact")],
)
def test_every_kind_of_weighting_trains_dense_tasks(weighting, gradients, tmp_path):
    run = wb.train(spec(weighting=weighting, gradients=gradients), progress=False, out=tmp_path)
    assert run.summary["status"] == "done"
    tasks = run.summary["tasks"]
    assert {name: task["metric"] for name, task in tasks.items()} == METRICS
    assert all(found["val"] is not None for task in tasks.values() for found in task["metrics"].values())


def test_the_same_spec_gives_the_same_numbers_and_predictions_have_the_shapes_of_targets(tmp_path):
    one, other = (wb.train(spec(), progress=False, out=tmp_path) for _ in range(2))
    assert one.summary["tasks"] == other.summary["tasks"]
    found = one.predict()
    assert {name: tuple(x.shape) for name, x in found.items()} == {
        "segmentation": (8, 16, 16),
        "depth": (8, 16, 16),
        "normals": (8, 3, 16, 16),
        "objects": (8,),
        "shapes": (8, 3),
        "reconstruction": (8, 3, 16, 16),
    }
    again = other.predict(torch.rand(3, 3, 16, 16))
    assert again["segmentation"].shape == (3, 16, 16)
    assert found["depth"].mean() > 2


def test_depth_and_segmentation_are_learned(tmp_path):
    problem = {"name": "scenes", "rows": 150, "size": 16}
    run = wb.train(
        spec(problem=problem, tasks=["segmentation", "depth"], encoder={**FCN, "channels": 16}, epochs=20),
        progress=False,
        out=tmp_path,
    )
    metrics = {name: task["metrics"] for name, task in run.summary["tasks"].items()}
    assert metrics["segmentation"]["pixel_accuracy"]["test"] > 0.8
    assert metrics["depth"]["rel_error"]["test"] < 0.15


def test_an_encoder_without_a_map_is_refused():
    with pytest.raises(wb.WorkbenchError) as error:
        spec(encoder="resnet18")
    assert str(error.value) == (
        "Problem 'scenes' has tasks that need a map of features, encoder 'resnet18' gives a vector; take "
        "dilated_resnet or fcn."
    )
    assert spec(encoder="cnn", tasks=["objects", "shapes"]).tasks == ["objects", "shapes"]


@pytest.mark.parametrize("encoder", ["cnn", "fcn", {"name": "vit_tiny", "depth": 1, "width": 24}])
def test_views_are_read_by_every_encoder_of_images(encoder, tmp_path):
    fields = {"tasks": ["parity", "ink"], "epochs": 1, "batch_size": 25, "train_fraction": 0.05}
    run = wb.train(spec(problem="views", encoder=encoder, **fields), progress=False, out=tmp_path)
    assert run.summary["status"] == "done"
    assert all(task["test"] is not None for task in run.summary["tasks"].values())
