"""What models cost: counts that can be checked by hand, and sentences for bad input."""

import pytest

import workbench as wb

SPEC = wb.Spec(problem="digits", tasks=["digit", "parity"], encoder={"name": "mlp", "width": 16, "depth": 1})
ENCODER, HEADS = 64 * 16 + 16, 16 * 10 + 10 + 16 * 2 + 2


def test_parameters_and_arithmetic_are_those_of_the_layers():
    frame = wb.cost([SPEC, SPEC.replace(fusion="independent")]).set_index("name")
    assert list(frame.index) == ["shared", "independent"]
    assert frame.loc["shared", ["shared", "own", "parameters"]].tolist() == [ENCODER, HEADS, ENCODER + HEADS]
    assert frame.loc["independent", ["shared", "own"]].tolist() == [0, 2 * ENCODER + HEADS]
    products = 64 * 16 + 16 * 10 + 16 * 2  # multiplications; as many additions
    assert frame.loc["shared", "mflop"] * 1e6 == 2 * products
    assert frame.loc["independent", "mflop"] * 1e6 == 2 * (products + 64 * 16)
    assert (frame["ms_p50"] > 0).all()
    assert (frame["ms_p95"] >= frame["ms_p50"]).all()


def test_arithmetic_is_told_per_example_whatever_the_batch():
    assert wb.cost(SPEC, batch=8)["mflop"].item() == wb.cost(SPEC)["mflop"].item()


def test_names_tell_them_apart():
    assert list(wb.cost({"mine": SPEC})["name"]) == ["mine"]
    assert list(wb.cost([SPEC, SPEC.replace(encoder="cnn")])["name"]) == ["shared, mlp", "shared, cnn"]
    assert list(wb.cost([SPEC, SPEC])["name"]) == ["1: shared, mlp", "2: shared, mlp"]


@pytest.mark.parametrize(("given", "sentence"), [([], "needs a spec"), (["digits"], "found str")])
def test_bad_input(given, sentence):
    with pytest.raises(wb.WorkbenchError, match=sentence):
        wb.cost(given)
    with pytest.raises(wb.WorkbenchError, match="at least 1"):
        wb.cost(SPEC, batch=0)
