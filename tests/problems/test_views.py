"""views: three views of one digit, which together tell more than each alone."""

import torch
from sklearn.linear_model import LogisticRegression

from workbench.encoders import CNN
from workbench.fusions import build_model
from workbench.fusions.shared import Shared
from workbench.problems import Digits, Views, prepare


def test_the_profiles_are_those_of_the_image():
    raw = Views().load(0)
    image = raw.views["image"][:, 0]
    assert {name: tuple(x.shape[1:]) for name, x in raw.views.items()} == {
        "image": (1, 8, 8),
        "rows": (8,),
        "columns": (8,),
    }
    assert raw.kinds == {"image": "image", "rows": "vector", "columns": "vector"}
    torch.testing.assert_close(raw.views["rows"][5, 2], image[5, 2].mean())
    torch.testing.assert_close(raw.views["columns"][5, 2], image[5, :, 2].mean())
    torch.testing.assert_close(raw.views["rows"].mean(1), raw.targets["ink"])
    assert list(raw.targets) == Digits().task_names() == Views().task_names()


def test_the_image_can_be_left_out():
    assert list(Views(image=False).load(0).views) == ["rows", "columns"]


def test_two_profiles_tell_more_than_one():
    data = prepare(Views(image=False), ["digit"])
    train, test, digit = data.splits["train"], data.splits["test"], data.targets["digit"]

    def accuracy(*names):
        x = torch.cat([data.views[name] for name in names], dim=1)
        return LogisticRegression(C=100, max_iter=500).fit(x[train], digit[train]).score(x[test], digit[test])

    rows, columns, both = accuracy("rows"), accuracy("columns"), accuracy("rows", "columns")
    assert columns < 0.65 < 0.75 < rows < 0.85 < both < 0.95


def test_every_view_gets_an_encoder_that_reads_it():
    data = prepare(Views())
    model = build_model(CNN(width=16), Shared(), data.view_specs, data.tasks)
    views, _ = data.batch(torch.arange(4))
    assert model(views)["digit"].shape == (4, 10)
