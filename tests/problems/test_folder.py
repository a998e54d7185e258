"""folder: NYUv2 and Cityscapes as npy files, missing values, and what can be wrong with them."""

import numpy as np
import pytest
import torch

from workbench.component import WorkbenchError
from workbench.problems import NpyFolder, prepare
from workbench.spec import Spec

SIZE = (12, 16)


def write(folder, content="nyuv2", rows=(("train", 12), ("val", 5)), labels="label"):
    """A data set of its layout: the image's red is the picture's number / 100."""
    generator = np.random.default_rng(0)
    for split, count in rows:
        for name in ("image", labels, "depth", *(["normal"] if content == "nyuv2" else [])):
            (folder / split / name).mkdir(parents=True)
        for number in range(count):
            image = generator.random((*SIZE, 3))
            image[..., 0] = number / 100
            save(folder / split / "image" / f"{number}.npy", image)
            label = generator.integers(-1, 13 if content == "nyuv2" else 7, SIZE).astype(float)
            save(folder / split / labels / f"{number}.npy", label)
            depth = generator.random((*SIZE, 1)) + 0.5
            depth[0] = 0
            save(folder / split / "depth" / f"{number}.npy", depth)
            if content == "nyuv2":
                normal = generator.normal(size=(*SIZE, 3))
                normal[:, 0] = 0
                save(folder / split / "normal" / f"{number}.npy", normal)
    return folder


def save(path, array):
    np.save(path, array.astype(np.float32))


@pytest.fixture
def nyuv2(tmp_path):
    return write(tmp_path)


def test_nyuv2_as_it_is(nyuv2):
    problem = NpyFolder(path=str(nyuv2))
    raw = problem.load(0)
    assert raw.views["image"].shape == (17, 3, *SIZE)
    numbers = (raw.views["image"][:, 0, 0, 0] * 100).round().tolist()
    assert numbers == [*range(12), *range(5)]  # 10 comes after 9, not after 1
    assert raw.fixed["test"].tolist() == list(range(12, 17))
    assert [task.name for task in raw.tasks] == list(raw.targets) == problem.task_names()
    label = np.load(nyuv2 / "train" / "label" / "10.npy")
    assert raw.targets["segmentation"][10].tolist() == np.where(label == -1, -100, label).tolist()
    assert raw.targets["depth"][:, 0].isnan().all()
    assert not raw.targets["depth"][:, 1:].isnan().any()
    assert raw.targets["normals"][..., 0].isnan().all()
    normal = np.load(nyuv2 / "train" / "normal" / "3.npy")
    assert raw.targets["normals"][3, :, 5, 7].tolist() == normal[5, 7].tolist()
    assert raw.tasks[0].classes[4] == "floor"


def test_nyuv2_prepared(nyuv2):
    data = prepare(NpyFolder(path=str(nyuv2), augment="standard"))
    assert [len(data.splits[split]) for split in ("train", "val", "test")] == [10, 2, 5]
    assert set(data.labelled) == {"segmentation", "depth", "normals"}
    assert all(rows.all() for rows in data.labelled.values())
    torch.manual_seed(0)
    views, targets = data.augment(*data.batch(data.splits["train"]))
    assert views["image"].shape == (10, 3, *SIZE)
    assert targets["normals"].shape == (10, 3, *SIZE)


def test_cityscapes_has_seven_classes_and_no_normals(tmp_path):
    raw = NpyFolder(path=str(write(tmp_path, "cityscapes", labels="label_7")), content="cityscapes").load(0)
    assert list(raw.targets) == ["segmentation", "depth"]
    assert raw.tasks[0].classes[-1] == "vehicle"


def test_a_test_folder_makes_val_the_validation_split(tmp_path):
    write(tmp_path, rows=(("train", 6), ("val", 3), ("test", 4)))
    raw = NpyFolder(path=str(tmp_path)).load(0)
    assert (raw.fixed["val"].tolist(), raw.fixed["test"].tolist()) == ([6, 7, 8], [9, 10, 11, 12])


def test_smaller_pictures_and_fewer_of_them(nyuv2):
    raw = NpyFolder(path=str(nyuv2), size=[8, 10], limit=4).load(0)
    assert raw.views["image"].shape == (8, 3, 8, 10)
    assert {name: tuple(y.shape[1:]) for name, y in raw.targets.items()} == {
        "segmentation": (8, 10),
        "depth": (8, 10),
        "normals": (3, 8, 10),
    }
    assert set(raw.targets["segmentation"].unique().tolist()) <= {-100, *range(13)}
    whole = NpyFolder(path=str(nyuv2)).load(0).targets["depth"][0]
    small = raw.targets["depth"][0]
    assert set(small[~small.isnan()].tolist()) <= set(whole.flatten().tolist())  # no depth between two surfaces


# ---------------------------------------------------------------- what can be wrong


def sentences(path, **settings):
    with pytest.raises(WorkbenchError) as error:
        prepare(NpyFolder(path=str(path), **settings))
    return error.value.faults


def test_folders_that_are_missing(nyuv2, tmp_path):
    found = sentences(nyuv2 / "nowhere")
    assert len(found) == 4
    assert found[0] == (
        f"Problem 'folder': there is no folder {nyuv2 / 'nowhere' / 'train' / 'image'}; nyuv2 needs train and val with "
        f"image, label, depth, normal below {nyuv2 / 'nowhere'}."
    )


def test_counts_that_differ_between_folders(nyuv2):
    (nyuv2 / "train" / "depth" / "7.npy").unlink()
    save(nyuv2 / "train" / "normal" / "99.npy", np.zeros((*SIZE, 3)))
    assert sentences(nyuv2) == [
        f"{nyuv2 / 'train'}: image has 12 files, depth has 11; image has 7.npy, which depth lacks.",
        f"{nyuv2 / 'train'}: image has 12 files, normal has 13; normal has 99.npy, which image lacks.",
    ]


def test_no_files_at_all(nyuv2):
    for file in (nyuv2 / "val" / "image").iterdir():
        file.unlink()
    assert sentences(nyuv2) == [f"Problem 'folder': {nyuv2 / 'val' / 'image'} holds no npy files."]


@pytest.mark.parametrize(
    ("place", "array", "sentence"),
    [
        ("train/image/3.npy", np.zeros((3, *SIZE)), "should hold numbers [height, width, 3], found [3, 12, 16]"),
        ("val/label/2.npy", np.zeros((*SIZE, 2)), "should hold numbers [height, width] or [height, width, 1], found"),
        ("train/depth/0.npy", np.ones((9, 9)), ""),
        ("train/depth/4.npy", np.ones((9, 9)), "9x9 pixels, but the pictures before it have 12x16; all must be alike"),
        ("train/image/5.npy", np.full((*SIZE, 3), 255), "the image should be 0 to 1, found 255 to 255."),
        ("train/label/6.npy", np.full(SIZE, 13), ", pixel (0, 0): the label is 13; allowed: -1 (missing) or 0 … 12."),
    ],
)
def test_a_file_that_does_not_fit_is_named(nyuv2, place, array, sentence):
    save(nyuv2 / place, array)
    found = sentences(nyuv2)
    if sentence:
        assert len(found) == 1
        assert found[0].startswith(str(nyuv2 / place))
        assert sentence in found[0]
    else:  # the first file sets the size for those after it
        assert len(found) == 11
        assert found[0].startswith(str(nyuv2 / "train" / "depth" / "1.npy"))
        assert found[-1] == "… and 1 more such faults."


def test_a_file_that_is_no_npy_file(nyuv2):
    (nyuv2 / "train" / "image" / "2.npy").write_bytes(b"nothing of the kind")
    np.save(nyuv2 / "train" / "image" / "4.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    found = sentences(nyuv2)
    assert [sentence.partition(" cannot be read as an npy file: ")[0] for sentence in found] == [
        str(nyuv2 / "train" / "image" / f"{number}.npy") for number in (2, 4)
    ]


def test_labels_of_another_size_than_the_images(tmp_path):
    write(tmp_path)
    for split, rows in (("train", 12), ("val", 5)):
        for row in range(rows):
            save(tmp_path / split / "label" / f"{row}.npy", np.zeros((6, 8)))
    assert sentences(tmp_path) == [
        f"Problem 'folder': pictures and labels in {tmp_path} differ in size: image 12x16, segmentation 6x8, "
        "depth 12x16, normals 12x16."
    ]


def test_a_negative_depth_is_named_by_the_task(nyuv2):
    save(nyuv2 / "train" / "depth" / "1.npy", np.full(SIZE, -2))
    assert "pixel (0, 0) holds the depth -2; allowed: positive numbers" in sentences(nyuv2)[0]


def test_the_path_and_sizes_are_checked_when_the_spec_is_made():
    with pytest.raises(WorkbenchError, match="needs the setting 'path'"):
        Spec(problem="folder", encoder="fcn")
    with pytest.raises(WorkbenchError, match=r"size = \[4, 9\] should be at least 8 pixels each way"):
        Spec(problem={"name": "folder", "path": "x", "size": [4, 9]}, encoder="fcn")
    with pytest.raises(WorkbenchError, match="tasks that need a map of features, encoder 'mlp' gives a vector; take "):
        Spec(problem={"name": "folder", "path": "x"}, encoder="mlp")
