"""Settings that problems read from tables have in common."""

from typing import Annotated, Literal

from workbench.component import Field

Kinds = Annotated[
    dict[str, Literal["classification", "regression"]], Field(description="target -> kind, where it is misjudged")
]
Missing = Annotated[list[str], Field(description="texts that mean: no value (an empty cell always does)")]
Columns = Annotated[list[str], Field(description="column names of a text file that has no header line")]

#: what usually stands for a missing value
NO_VALUE = ["?", "NA", "N/A", "nan", "NaN", "null", "NULL"]
