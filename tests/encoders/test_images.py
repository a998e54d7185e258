"""Encoders that read images: shapes, places, small images, weights, dilation."""

import pytest
import torch
from torch import nn
from torchvision import models

from workbench.component import WorkbenchError
from workbench.encoders import CNN, FCN, DilatedResNet, ResNet18, ResNet34, View, ViTTiny
from workbench.encoders.backbone import MEAN, STD, BatchNorm


def view(*shape: int) -> View:
    return View("image", "image", shape)


def run(encoder, shape, rows=2, mode="train"):
    torch.manual_seed(0)
    stages = encoder.build(view(*shape)).train(mode == "train")
    return stages, stages(torch.rand(rows, *shape))


ALL = [
    pytest.param(ResNet18(), (1, 8, 8), (512,), id="resnet18 of digits"),
    pytest.param(ResNet34(stem="standard"), (3, 40, 30), (512,), id="resnet34"),
    pytest.param(ViTTiny(depth=2), (1, 28, 28), (192,), id="vit of fashion"),
    pytest.param(ViTTiny(depth=1, width=24, patch=2, heads=2), (3, 8, 12), (24,), id="vit, not square"),
    pytest.param(FCN(), (3, 32, 32), (8, 8, 64), id="fcn"),
    pytest.param(FCN(channels=8, blocks=1, context=0), (1, 9, 6), (4, 3, 8), id="fcn, odd size"),
    pytest.param(DilatedResNet(), (3, 32, 32), (4, 4, 512), id="dilated, small stem"),
    pytest.param(DilatedResNet(stride=4), (3, 33, 30), (9, 8, 512), id="dilated, finer, odd size"),
    pytest.param(DilatedResNet(depth=34), (3, 64, 64), (8, 8, 512), id="dilated, standard stem"),
    pytest.param(DilatedResNet(depth=50, stride=16), (1, 64, 64), (4, 4, 2048), id="dilated bottlenecks"),
]


@pytest.mark.parametrize(("encoder", "shape", "features"), ALL)
def test_features_and_places_are_as_promised(encoder, shape, features):
    stages, found = run(encoder, shape)
    assert found.values.shape == (2, *features)
    assert stages.features == found.width == features[-1]
    assert (encoder.gives == "map") == (len(features) == 3)
    x = torch.rand(2, *shape)
    for stage, place in zip(stages.stages, stages.places, strict=True):
        x = stage(x, None)
        assert x.shape[place.axis] == place.channels
        assert place.axis == -1 or x.dim() == 4


@pytest.mark.parametrize(("encoder", "shape", "features"), ALL)
def test_every_parameter_is_used_even_with_one_example(encoder, shape, features):
    stages, found = run(encoder, shape, rows=1)
    found.values.square().sum().backward()
    idle = [name for name, parameter in stages.named_parameters() if parameter.grad is None]
    assert idle == []


@pytest.mark.parametrize("encoder", [CNN, ResNet18, ViTTiny, FCN, DilatedResNet])
def test_dropout_acts_in_training_only(encoder):
    small = {"depth": 1} if encoder is ViTTiny else {}
    stages = encoder(dropout=0.5, **small).build(view(1, 16, 16))
    x = torch.rand(2, 1, 16, 16)
    stages(x)  # running statistics get started
    assert not torch.equal(stages(x).values, stages(x).values)
    stages.eval()
    assert torch.equal(stages(x).values, stages(x).values)


def test_resnet18_computes_what_torchvision_does():
    stages, _ = run(ResNet18(stem="standard"), (3, 64, 64))
    whole = models.resnet18()
    names = ["conv1 bn1 relu maxpool", "layer1", "layer2", "layer3", "layer4"]
    for stage, group in zip(stages.stages, names, strict=False):
        parts = [getattr(whole, name) for name in group.split()]
        (parts[0] if len(parts) == 1 else nn.Sequential(*parts)).load_state_dict(stage[0].state_dict())
    whole.fc = nn.Identity()
    x = torch.rand(2, 3, 64, 64)
    torch.testing.assert_close(stages.eval()(x).values, whole.eval()(x))


@pytest.mark.parametrize(("stride", "replaced"), [(8, [False, True, True]), (16, [False, False, True])])
def test_dilation_is_that_of_torchvision(stride, replaced):
    torch.manual_seed(0)
    whole = models.resnet50(replace_stride_with_dilation=replaced).eval()
    stages = DilatedResNet(depth=50, stride=stride, stem="standard").build(view(3, 32, 32)).eval()
    theirs = nn.ModuleList([nn.Sequential(whole.conv1, whole.bn1, whole.relu, whole.maxpool), whole.layer1])
    theirs.extend([whole.layer2, whole.layer3, whole.layer4])
    x = y = torch.rand(1, 3, 32, 32)
    for mine, other in zip(stages.stages, theirs, strict=False):
        mine[0].load_state_dict(other.state_dict())
        x, y = mine(x), other(y)
    torch.testing.assert_close(x, y)


def test_a_single_value_per_channel_is_normalised_by_running_statistics():
    norm = BatchNorm(2)
    norm(torch.randn(5, 2, 3, 3))
    x, mean = torch.randn(1, 2, 1, 1), norm.running_mean.clone()
    found = norm(x)
    assert torch.equal(norm.running_mean, mean)
    assert torch.equal(found, norm.eval()(x))


@pytest.fixture
def weights_at_hand(tmp_path, monkeypatch):
    """The file of torchvision's weights where it keeps its downloads."""
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path))
    torch.manual_seed(4)
    whole = models.resnet18()
    (tmp_path / "checkpoints").mkdir()
    torch.save(whole.state_dict(), tmp_path / "checkpoints" / "resnet18-f37072fd.pth")
    return whole


def test_weights_are_taken_with_the_images_they_expect(weights_at_hand):
    stages = ResNet18(weights="DEFAULT").build(view(1, 32, 32)).eval()
    weights_at_hand.fc = nn.Identity()
    x = torch.rand(2, 1, 32, 32)
    expected = (x.expand(-1, 3, -1, -1) - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)
    torch.testing.assert_close(stages(x).values, weights_at_hand.eval()(expected))
    own = ResNet18(weights="IMAGENET1K_V1", stem="small").build(view(3, 32, 32))
    assert own.stages[0][0][1].weight.shape == (64, 3, 3, 3)
    assert torch.equal(own.stages[1][0][0].conv1.weight, weights_at_hand.layer1[0].conv1.weight)


def no_connection(*args, **kwargs):
    raise OSError("no connection")


@pytest.mark.parametrize(
    ("encoder", "shape", "sentence"),
    [
        (ResNet18(weights="DEFALT"), (3, 32, 32), "has no weights 'DEFALT': did you mean 'DEFAULT'?"),
        (ResNet18(weights="DEFAULT"), (2, 32, 32), "for images of 3 channels (or 1, which is repeated), view 'image'"),
        (ResNet34(weights="DEFAULT"), (3, 32, 32), "cannot be had (no connection); copy resnet34-"),
        (DilatedResNet(depth=50, weights="X"), (3, 32, 32), "allowed: IMAGENET1K_V1, IMAGENET1K_V2, DEFAULT"),
        (FCN(blocks=4), (3, 12, 20), "4 blocks halve the image 4 times, but it has only 12x20 pixels; at most 3"),
        (ViTTiny(patch=5), (1, 28, 14), "patches of 5 pixels do not divide 28x14; allowed: 1, 2, 7, 14."),
    ],
)
def test_what_does_not_fit_is_one_clear_sentence(encoder, shape, sentence, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", no_connection)
    with pytest.raises(WorkbenchError) as error:
        encoder.build(view(*shape))
    assert sentence in str(error.value)


def test_heads_must_divide_the_width():
    with pytest.raises(WorkbenchError, match="5 heads do not divide the width 192; take a width of 190"):
        ViTTiny(heads=5)
