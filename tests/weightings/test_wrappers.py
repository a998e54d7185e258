"""Weightings made of another one's weights: averaged (CR-MOGM), held for some steps (PSMGD)."""

import pytest
import torch

import workbench as wb
from workbench.component import members
from workbench.weightings import get
from workbench.weightings.base import GramianWeighting
from workbench.weightings.gramian.wrapper import Wrapper

WRAPPERS = [name for name, cls in members("weighting").items() if issubclass(cls, Wrapper)]
PLAIN = [
    name
    for name, cls in members("weighting").items()
    if issubclass(cls, GramianWeighting) and not issubclass(cls, Wrapper)
]
NAMES = ["a", "b", "c"]


def gramians(count, K=3, seed=0):
    J = torch.randn(count, K, 6, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return J @ J.mT


def bound(name, seed=0, **settings):
    weighting = get(name, **settings)
    weighting.bind(NAMES, seed=seed)
    return weighting


# ---------------------------------------------------------------- what wrappers share


def test_there_are_wrappers():
    assert WRAPPERS == ["cr_mogm", "psmgd"]


@pytest.mark.parametrize("name", WRAPPERS)
@pytest.mark.parametrize("of", PLAIN)
def test_every_gramian_weighting_can_be_inside(name, of):
    one, other = bound(name, of=of, seed=4), bound(name, of=of, seed=5)
    losses = torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64)
    G = gramians(25)
    for step in range(12):
        one(G[step], losses=losses)
    other.load_state_dict(one.state_dict())  # the inner weighting's state too
    for step in range(12, 25):
        w = one(G[step], losses=losses)
        assert torch.isfinite(w).all()
        assert torch.equal(w, other(G[step], losses=losses))
    assert one.heads == get(of).heads
    one.reset(4)
    assert torch.equal(one(G[0], losses=losses), bound(name, of=of, seed=4)(G[0], losses=losses))


@pytest.mark.parametrize("name", WRAPPERS)
def test_the_inner_weighting_gets_its_settings(name):
    weighting = bound(name, of=' epo(preference={"a": 2, "c": 0.5}, tolerance=1e-3, heads=own) ')
    assert (weighting.inner.preference, weighting.inner.tolerance, weighting.heads) == ({"a": 2, "c": 0.5}, 1e-3, "own")
    assert get(name, of="nash_mtl(max_norm=none)").inner.max_norm is None
    assert get(name, of="mgda(normalisation='l2', solver=\"smo\")").inner.solver == "smo"


@pytest.mark.parametrize("name", WRAPPERS)
@pytest.mark.parametrize(
    ("of", "sentence"),
    [
        ("cagra(c=1)", "of names no gramian weighting 'cagra': did you mean 'cagrad'"),
        ("dwa", "of names no gramian weighting 'dwa'"),
        ("psmgd(of=mgda)", "a wrapper such as 'psmgd' cannot be wrapped again"),
        ("cagrad(see=1)", "weighting 'cagrad' has no setting 'see'"),
        ("cagrad(c=far)", "cagrad.c: should be a valid number"),
        ("cagrad(c=-1)", "weighting 'cagrad': c should be greater than or equal to 0"),
        ("cagrad(0.5)", r"setting=value between the brackets, found '0.5'"),
        ("cagrad(c=0.5", r"a name or name\(setting=value, …\), found 'cagrad\(c=0.5'"),
    ],
    ids=str,
)
def test_what_is_wrong_with_the_inner_weighting_is_said(name, of, sentence):
    with pytest.raises(wb.WorkbenchError, match=sentence):
        get(name, of=of)
    with pytest.raises(wb.WorkbenchError, match=sentence):
        wb.Spec(problem="digits", weighting={"name": name, "of": of})


def test_several_faults_inside_are_said_at_once():
    with pytest.raises(wb.WorkbenchError) as caught:
        get("cr_mogm", of="cagrad(c=far, rescal=none, 3)")
    assert len(caught.value.faults) == 3


@pytest.mark.parametrize("name", WRAPPERS)
def test_faults_of_the_inner_weighting_about_tasks_are_said(name):
    with pytest.raises(wb.WorkbenchError, match="names no task 'z'"):
        bound(name, of='epo(preference={"z": 2})')


@pytest.mark.parametrize(("of", "wanted"), [("mgda", None), ("pcgrad", [1, 1, 1]), ("imtl(rate=0.5)", [1, 1, 1])])
@pytest.mark.parametrize("name", WRAPPERS)
def test_heads_are_treated_as_inside(name, of, wanted):
    weighting, losses = bound(name, of=of), torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64)
    w = weighting(gramians(1)[0], losses=losses)
    own = weighting.head_weights(w, losses)
    assert torch.allclose(own, w if wanted is None else torch.tensor(wanted, dtype=torch.float64))


# ---------------------------------------------------------------- CR-MOGM


@pytest.mark.parametrize("of", ["mgda", "upgrad", "nash_mtl"])
def test_cr_mogm_averages(of):
    weighting, inner, average = bound("cr_mogm", of=of, a=0.8), bound(of), None
    for G in gramians(10):
        now = inner(G)
        average = now if average is None else 0.8 * average + 0.2 * now
        assert torch.allclose(weighting(G), average)


def test_cr_mogm_keeps_the_weight_of_an_absent_task():
    weighting, G = bound("cr_mogm", a=0.5), gramians(2)
    first = weighting(G[0, :2, :2], tasks=[0, 2])
    assert torch.equal(first, get("mgda")(G[0, :2, :2]))
    assert weighting.weights.isnan().tolist() == [False, True, False]
    second = weighting(G[1])
    now = get("mgda")(G[1])
    assert torch.allclose(second, torch.stack([(first[0] + now[0]) / 2, now[1], (first[1] + now[2]) / 2]))


# ---------------------------------------------------------------- PSMGD


def test_psmgd_holds_what_it_found():
    weighting, inner = bound("psmgd", every=4), bound("mgda")
    for step, G in enumerate(gramians(13)):
        assert weighting.due() == (step % 4 == 0)
        if step % 4 == 0:
            found = inner(G)
        assert torch.equal(weighting(G), found)
    assert bound("psmgd", every=1).due()


def test_psmgd_tells_what_it_holds_without_a_gramian():
    called, told = bound("psmgd", every=3, of="imtl(rate=0.5)"), bound("psmgd", every=3, of="imtl(rate=0.5)")
    losses = torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64)
    for G in gramians(10):
        due = told.due()
        w = told(G, losses=losses) if due else told.held()
        assert torch.equal(called(G, losses=losses), w)
        own = told.head_weights(w, losses)
        assert torch.equal(called.head_weights(w, losses), own)
        if due:
            scales = told.inner.head_weights(w, losses)
        assert torch.equal(own, scales)
        told.held().zero_()  # what is given is the caller's
        told.age -= 1


def test_psmgd_looks_again_for_a_task_it_has_no_weight_for():
    weighting, G = bound("psmgd", every=5), gramians(4)
    w = weighting(G[0, :2, :2], tasks=[0, 2])
    assert not weighting.due([0, 2])
    assert not weighting.due([2])
    assert torch.equal(weighting.held([2, 0]), w[[1, 0]])
    assert weighting.due()
    assert weighting.due([1])
    assert torch.equal(weighting(G[1]), get("mgda")(G[1]))
    assert not weighting.due([1, 2])
    assert weighting.head_weights(torch.ones(3), torch.ones(3)).tolist() == pytest.approx(weighting.weights.tolist())


def test_psmgd_starts_again_after_reset():
    weighting, G = bound("psmgd"), gramians(1)[0]
    assert weighting.due()
    weighting(G)
    assert not weighting.due()
    weighting.reset()
    assert weighting.due()
