"""images: torchvision's sets by name, their coarse classes, their official parts, and what can be wrong with them."""

import gzip
import struct

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import datasets

import workbench as wb
from workbench.component import WorkbenchError
from workbench.problems import Images, image_sets, prepare
from workbench.problems.celeba import ATTRIBUTES
from workbench.problems.coarse import COARSE, coarse_of
from workbench.spec import Spec


def idx(array: np.ndarray) -> bytes:
    """As MNIST's files are laid out."""
    shape = struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(bytes([0, 0, 8, array.ndim]) + shape + array.astype(np.uint8).tobytes())


@pytest.fixture
def fashion(tmp_path, monkeypatch):
    """A FashionMNIST of 40 + 20 images in torchvision's layout; each pixel of an image is its number."""
    raw = tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for stem, start, rows in (("train", 0, 40), ("t10k", 40, 20)):
        numbers = np.arange(start, start + rows)
        for kind, array in (
            ("images-idx3", np.broadcast_to(numbers[:, None, None], (rows, 28, 28))),
            ("labels-idx1", numbers % 10),
        ):
            (raw / f"{stem}-{kind}-ubyte").write_bytes(gzip.decompress(idx(array)))
    return tmp_path


@pytest.fixture
def folder(tmp_path):
    """An ImageFolder of two classes, 8 images each, in three sizes."""
    for split, rows in (("train", 8), ("test", 3)):
        for number, name in enumerate(("cat", "dog")):
            place = tmp_path / split / name
            place.mkdir(parents=True)
            for row in range(rows):
                size = (20 + 4 * (row % 3), 24)
                Image.new("RGB", size, (100 * number + 20, row, 0)).save(place / f"{row}.png")
    return tmp_path


def test_official_parts_classes_and_coarse_classes(fashion):
    problem = Images(root=str(fashion))
    raw = problem.load(0)
    assert raw.views["image"].shape == (60, 1, 28, 28)
    torch.testing.assert_close(raw.views["image"][:, 0, 5, 5], torch.arange(60) / 255)
    assert raw.fixed["test"].tolist() == list(range(40, 60))
    assert [task.name for task in raw.tasks] == problem.task_names() == ["class", "coarse"]
    assert raw.targets["class"].tolist() == [number % 10 for number in range(60)]
    assert raw.tasks[1].classes == ["tops", "trousers", "dresses", "shoes", "bags"]
    assert raw.targets["coarse"][:10].tolist() == [0, 1, 0, 2, 0, 3, 0, 3, 4, 3]
    data = prepare(problem)
    assert [len(data.splits[split]) for split in ("train", "val", "test")] == [32, 8, 20]


def test_a_limit_draws_by_the_seed_from_each_part(fashion):
    problem = Images(root=str(fashion), limit=15)
    raw = problem.load(1)
    numbers = (raw.views["image"][:, 0, 0, 0] * 255).round().long()
    assert len(numbers) == 30
    assert raw.fixed["test"].tolist() == list(range(15, 30))
    assert numbers[:15].max() < 40 <= numbers[15:].min()
    assert torch.equal(raw.targets["class"], numbers % 10)
    assert torch.equal(problem.load(1).views["image"], raw.views["image"])
    assert not torch.equal(problem.load(2).views["image"], raw.views["image"])


def test_unlabelled_training_images_are_there_for_reconstruction(fashion):
    problem = Images(root=str(fashion), labelled=0.4, reconstruct=True)
    data = prepare(problem)
    known = data.targets["class"] != -100
    assert known[data.splits["train"]].sum() == round(0.4 * 32)
    assert known[data.splits["val"]].all()
    assert known[data.splits["test"]].all()
    assert torch.equal(known, data.targets["coarse"] != -100)
    assert list(data.labelled) == ["class", "coarse"]
    assert data.names == problem.task_names() == ["class", "coarse", "reconstruction"]
    again = prepare(problem)
    assert torch.equal(again.targets["class"], data.targets["class"])


def test_augmentation_moves_the_image_to_be_reconstructed_too(fashion):
    data = prepare(Images(root=str(fashion), reconstruct=True, augment="standard"))
    torch.manual_seed(0)
    views, targets = data.augment(*data.batch(data.splits["train"]))
    target, task = targets["reconstruction"], data.tasks[2]
    there = task.present(target)
    assert not there.all()
    torch.testing.assert_close(views["image"][there], (target * task.std + task.mean)[there], atol=1e-5, rtol=0)
    assert prepare(Images(root=str(fashion))).augment is None


def test_images_of_a_folder_are_brought_to_one_size(folder):
    raw = Images(dataset="ImageFolder", root=str(folder), size=16).load(0)
    assert raw.views["image"].shape == (22, 3, 16, 16)
    assert raw.fixed["test"].tolist() == list(range(16, 22))
    assert raw.tasks[0].classes == ["cat", "dog"]
    torch.testing.assert_close(raw.views["image"][3, :, 8, 8], torch.tensor([20.0, 3, 0]) / 255, atol=2e-3, rtol=0)
    whole = Images(dataset="ImageFolder", root=str(folder / "train"), size=16).load(0)
    assert whole.fixed == {}
    assert len(whole.targets["class"]) == 16


def test_celebas_attributes_are_tasks(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.CelebA, "_check_integrity", lambda self: True)
    base = tmp_path / "celeba"
    (base / "img_align_celeba").mkdir(parents=True)
    rows, width = 12, len(ATTRIBUTES)
    values = np.where(np.arange(rows * width).reshape(rows, width) % 3 == 0, 1, -1)
    files = [f"{row:06d}.jpg" for row in range(rows)]
    for name in files:
        Image.new("RGB", (10, 12), (9, 9, 9)).save(base / "img_align_celeba" / name)

    def table(name, head, matrix):
        lines = [f"{file} {' '.join(map(str, line))}" for file, line in zip(files, matrix, strict=True)]
        (base / name).write_text("\n".join([*head, *lines]) + "\n")

    table("list_eval_partition.txt", [], [[row // 4] for row in range(rows)])
    table("identity_CelebA.txt", [], [[row] for row in range(rows)])
    table("list_bbox_celeba.txt", [str(rows), "x_1 y_1 width height"], [[0, 0, 1, 1]] * rows)
    table("list_landmarks_align_celeba.txt", [str(rows), "lefteye_x lefteye_y"], [[0, 0]] * rows)
    table("list_attr_celeba.txt", [str(rows), " ".join(ATTRIBUTES)], values)
    problem = Images(dataset="CelebA", root=str(tmp_path), attributes=["Smiling", "Male"])
    raw = problem.load(0)
    assert problem.task_names() == ["Smiling", "Male"]
    assert (raw.fixed["val"].tolist(), raw.fixed["test"].tolist()) == ([8, 9, 10, 11], [4, 5, 6, 7])
    order = [0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7]  # train, test, val
    smiling = (values[order, ATTRIBUTES.index("Smiling")] + 1) // 2
    assert raw.targets["Smiling"].tolist() == smiling.tolist()
    assert len(Images(dataset="CelebA").task_names()) == 40


@pytest.mark.parametrize(
    ("dataset", "fine", "groups"),
    [("CIFAR100", 100, 20), ("CIFAR10", 10, 2), ("STL10", 10, 2), ("MNIST", 10, 2), ("FashionMNIST", 10, 5)],
)
def test_every_class_has_one_coarse_class(dataset, fine, groups):
    members = [name for group in COARSE[dataset].values() for name in group]
    names = {"STL10": set(members) - {"automobile", "frog"}, "CIFAR10": set(members) - {"car", "monkey"}}
    classes = sorted(names.get(dataset, members))
    assert len(classes) == len(set(classes)) == fine
    coarse, number = coarse_of(dataset, classes)
    assert sorted(set(number.tolist())) == list(range(groups))
    assert len(coarse) == groups
    if dataset == "CIFAR100":
        assert torch.bincount(number).tolist() == [5] * 20


def test_every_set_named_is_one_of_torchvision():
    assert set(COARSE) < set(image_sets.PARTS)
    assert all(hasattr(datasets, name) for name in image_sets.PARTS)


def test_classes_of_digits_are_digits():
    class Found:
        classes = ("0 - zero", "1 - one")

    assert image_sets.classes_of(Found, torch.tensor([0])) == ["0", "1"]
    assert image_sets.classes_of(object(), torch.tensor([0, 2])) == ["0", "1", "2"]


@pytest.mark.parametrize("shape", [(5, 12, 12), (5, 12, 12, 3), (5, 3, 12, 12)])
def test_arrays_of_every_layout_become_channels_first(shape):
    class SVHN:
        data = np.full(shape, 51, dtype=np.uint8)
        labels = np.arange(5)

        def __len__(self):
            return 5

    part = image_sets.read(SVHN(), [1, 3], 8)
    assert part.images.shape == (2, 1 if len(shape) == 3 else 3, 8, 8)
    assert part.labels.tolist() == [1, 3]
    torch.testing.assert_close(part.images, torch.full_like(part.images, 0.2))


# ---------------------------------------------------------------- what can be wrong


def sentence(**settings) -> str:
    with pytest.raises(WorkbenchError) as error:
        prepare(Images(**settings))
    assert len(error.value.faults) == 1
    return str(error.value)


def test_an_unknown_set_or_attribute_is_told_when_the_spec_is_made():
    with pytest.raises(WorkbenchError) as error:
        Spec(problem={"name": "images", "dataset": "FashonMNIST"})
    assert "torchvision has no classification set 'FashonMNIST': did you mean 'FashionMNIST'?" in str(error.value)
    assert "CelebA has no attribute 'smiling': did you mean 'Smiling'?" in sentence(
        dataset="CelebA", attributes=["smiling"]
    )
    assert "attributes are for CelebA, not for CIFAR10" in sentence(dataset="CIFAR10", attributes=["Male"])


@pytest.mark.parametrize("dataset", ["FashionMNIST", "CIFAR10", "SVHN", "Food101", "CelebA", "ImageNet", "EuroSAT"])
def test_a_root_without_the_set(dataset, tmp_path):
    found = sentence(dataset=dataset, root=str(tmp_path))
    assert found.startswith(f"Problem 'images': {dataset} cannot be read below {tmp_path} (")
    assert "set root to the folder that has it" in found


def test_an_empty_image_folder(tmp_path):
    assert "Couldn't find any class folder" in sentence(dataset="ImageFolder", root=str(tmp_path))


def test_an_image_that_cannot_be_decoded(folder):
    bad = folder / "train" / "dog" / "5.png"
    bad.write_bytes(b"no picture at all")
    found = sentence(dataset="ImageFolder", root=str(folder), size=16)
    assert found.startswith(f"Problem 'images': row 13, file {bad}: the image cannot be decoded (UnidentifiedImage")
    whole = (folder / "train" / "dog" / "4.png").read_bytes()
    bad.write_bytes(whole[: len(whole) // 2])
    assert f"row 13, file {bad}: the image cannot be decoded (OSError" in sentence(
        dataset="ImageFolder", root=str(folder), size=16
    )


def test_images_of_several_sizes_need_a_size(folder):
    assert sentence(dataset="ImageFolder", root=str(folder)) == (
        f"Problem 'images': row 1, file {folder}/train/cat/1.png: the image has 24x24 pixels, those before it 24x20; "
        "set size, to which all are brought."
    )


def test_more_than_fits_is_refused(fashion, monkeypatch):
    monkeypatch.setattr(image_sets, "MOST_BYTES", 2**16)
    assert "40 images of 28x28 pixels would take 0 GiB" in sentence(root=str(fashion))
    assert len(prepare(Images(root=str(fashion), size=8)).targets["class"]) == 60


# ---------------------------------------------------------------- real images


def test_real_fashion_images(real_data):
    data = prepare(Images(root=str(real_data), limit=500))
    assert data.view_specs[0].shape == (1, 28, 28)
    assert len(data.splits["test"]) == 500
    assert torch.bincount(data.targets["class"], minlength=10).min() > 50
    assert data.tasks[0].classes[9] == "Ankle boot"


@pytest.mark.parametrize(
    ("problem", "task", "chance"),
    [
        ({"name": "images", "limit": 600, "augment": "standard"}, "coarse", 0.4),
        ({"name": "digit_pairs", "source": "fashion_mnist", "pairs": 1000}, "right", 0.1),
    ],
)
def test_real_fashion_images_train(problem, task, chance, real_data, tmp_path):
    run = wb.train(
        wb.Spec(
            problem={**problem, "root": str(real_data)},
            encoder={"name": "cnn", "channels": 8, "width": 32},
            epochs=6,
            batch_size=32,
            lr=3e-3,
            affinity=None,
        ),
        progress=False,
        out=tmp_path,
    )
    assert run.summary["tasks"][task]["test"] > chance + 0.2
