"""GradDrop: the signs it keeps, at every scale, and its draws."""

import pytest
import torch

from workbench.weightings import get


def by_hand(J, draw, leak):
    """The definition, entry by entry, in float64."""
    J, draw = J.double(), draw.double()
    size = J.abs().sum(0)
    purity = torch.where(size > 0, 0.5 * (1 + J.sum(0) / torch.where(size > 0, size, 1.0)), 0.5)
    kept = torch.where(J > 0, purity > draw, purity < draw).double()
    return ((leak + (1 - leak) * kept) * J).sum(0)


@pytest.mark.parametrize("leak", [0.0, 0.3])
@pytest.mark.parametrize("K", [1, 2, 3, 8, 33])
@pytest.mark.parametrize("scale", [1.0, 1e-30, 1e30])
def test_equals_its_definition(K, leak, scale):
    J = scale * torch.randn(K, 4000, generator=torch.Generator().manual_seed(K))
    J[:, :100] = 0
    J[:, 100:200] = J[:, 100:200].abs()
    J[:, 200:300] = -J[:, 200:300].abs()
    weighting = get("graddrop", leak=leak)
    weighting.bind([str(i) for i in range(K)], seed=3)
    draw = torch.rand(4000, generator=torch.Generator().manual_seed(3))
    far = (weighting(J).double() - by_hand(J, draw, leak)).abs() > 1e-5 * J.double().abs().sum(0)
    assert int(far.sum()) <= 1  # a draw may fall between two roundings of one purity


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_sign_is_kept_whole_where_the_other_sum_overflows(dtype):
    top = torch.finfo(dtype).max
    J = torch.tensor([[top], [top], [-top / 2]], dtype=dtype).expand(3, 1000)
    d = get("graddrop")(J)
    assert set(d.tolist()) == {float("inf"), -top / 2}  # two largest numbers add up to infinity
    assert (d > 0).double().mean().item() == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize("cut", [1, 15, 16, 5000])
def test_draws_are_the_same_part_by_part(cut):
    J = torch.randn(4, 10_000, generator=torch.Generator().manual_seed(0))
    whole, parts = get("graddrop"), get("graddrop")
    assert torch.equal(torch.cat([parts(part) for part in J.split([cut, 10_000 - cut], 1)]), whole(J))
