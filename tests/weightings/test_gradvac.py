"""GradVac against the paper's rule, written plainly on the gradients."""

import math

import pytest
import torch

from workbench.weightings import get


def cosine(g, h):
    return (g @ h / (g.norm() * h.norm())).item()


@pytest.mark.parametrize("K", [2, 3, 5])
def test_gradvac_is_the_rule_on_gradients(K):
    weighting, generator = get("gradvac", beta=0.3), torch.Generator().manual_seed(7)
    weighting.bind([f"task {i}" for i in range(K)], seed=11)
    draws = torch.Generator().manual_seed(11)
    targets = torch.zeros(K, K, dtype=torch.float64)
    for _ in range(6):
        J = torch.randn(K, 4, generator=generator, dtype=torch.float64)
        order = torch.rand(K, K, generator=draws).fill_diagonal_(2.0).argsort(1)[:, : K - 1].tolist()
        turned = []
        for i in range(K):
            g = J[i].clone()
            for j in order[i]:
                phi, target = cosine(g, J[j]), targets[i, j].item()
                if phi < target:
                    pull = target * math.sqrt(1 - phi**2) - phi * math.sqrt(1 - target**2)
                    g = g + g.norm() * pull / (J[j].norm() * math.sqrt(1 - target**2)) * J[j]
                    assert cosine(g, J[j]) == pytest.approx(target, abs=1e-9)
                targets[i, j] = 0.7 * target + 0.3 * phi
            turned.append(g)
        assert torch.allclose(weighting(J @ J.T) @ J, torch.stack(turned).sum(0), atol=1e-10)
    assert torch.allclose(weighting.targets, targets)


def test_gradvac_of_a_stack_is_the_stack_of_its_parts():
    J = torch.randn(3, 4, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    stack, parts = get("gradvac"), [get("gradvac") for _ in J]
    for _ in range(3):  # the targets differ, the order drawn is the same
        one = torch.stack([part(j @ j.T) for part, j in zip(parts, J, strict=True)])
        assert torch.allclose(stack(J @ J.mT), one, atol=1e-12)
        J = J.roll(1, 2) * 1.5 - J
