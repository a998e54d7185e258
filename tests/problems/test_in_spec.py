"""What a spec says about its problem before anything is loaded."""

import pytest

from workbench.component import WorkbenchError, members
from workbench.spec import Spec


def test_the_problems_are_registered():
    assert {"digits", "digit_pairs", "table"} <= set(members("problem"))


def test_settings_that_share_a_name_with_a_class_attribute_keep_their_meaning():
    pairs, table = members("problem")["digit_pairs"], members("problem")["table"]
    assert pairs.settings()["source"].choices == ("digits", "mnist", "fashion_mnist")
    assert pairs().source == "digits"
    assert table(kinds={"sex": "regression"}).kinds == {"sex": "regression"}
    assert table.gives == ("vector",)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"tasks": ["digt"]}, "Problem 'digits' has no task 'digt': did you mean 'digit'?"),
        ({"problem": {"name": "table", "path": "a.csv"}}, "Problem 'table' needs the setting 'targets'"),
        ({"problem": {"name": "table", "kinds": {"sex": "ranking"}}}, "kinds.sex = 'ranking' is unknown"),
        ({"problem": {"name": "digit_pairs", "source": "minst"}}, "source = 'minst' is unknown: did you mean 'mnist'?"),
        (
            {"problem": {"name": "digit_pairs", "pairs": 5}},
            "pairs should be greater than or equal to 30, found 5 (int)",
        ),
    ],
)
def test_faults_are_found_when_the_spec_is_made(fields, sentence):
    with pytest.raises(WorkbenchError) as error:
        Spec(**fields)
    assert sentence in str(error.value)
