"""Situations worth meeting: specs that train within seconds on a laptop, each named after what it shows."""

from dataclasses import dataclass

from workbench.spec import Spec

__all__ = ["PRESETS", "Preset"]


@dataclass(frozen=True)
class Preset:
    """A spec with a name.

    Attributes:
        name: what is to be seen.
        idea: why it is so, in one line.
        spec: what fills the controls.
    """

    name: str
    idea: str
    spec: Spec


#: maps often enough to be watched
OFTEN = {"name": "gradient_cosine", "every": 10}

PRESETS = (
    Preset(
        "one task dominates",
        "Three alike tasks in units of 1, 4 and 30: squared errors make the third rule the shared gradient.",
        Spec(
            problem={
                "name": "gradnorm_toy",
                "count": 3,
                "scales": [1.0, 4.0, 30.0],
                "inputs": 50,
                "outputs": 10,
                "rows": 2000,
            },
            encoder={"name": "mlp", "width": 64},
            affinity=OFTEN,
            lr=3e-3,
            epochs=40,
        ),
    ),
    Preset(
        "conflicting tasks",
        "Two linear tasks that point apart, and just two shared units: most steps pull them both ways.",
        Spec(
            problem={"name": "sines", "relatedness": -0.5, "m": 0, "inputs": 10, "rows": 2000},
            encoder={"name": "mlp", "width": 2, "depth": 1},
            affinity=OFTEN,
            lr=1e-2,
            batch_size=64,
            epochs=40,
        ),
    ),
    Preset(
        "little data",
        "Digits with about 65 examples to learn from: the training loss falls and the validation loss does not follow.",
        Spec(
            tasks=["digit", "parity", "large"], train_fraction=0.06, affinity=OFTEN, lr=3e-3, batch_size=16, epochs=60
        ),
    ),
    Preset(
        "negative transfer",
        "Four unrelated tasks share two units: each would learn more alone. Compare with single tasks at the end.",
        Spec(
            problem={"name": "sines", "relatedness": 0.0, "pairs": 2, "m": 0, "inputs": 20, "rows": 2000},
            encoder={"name": "mlp", "width": 2, "depth": 1},
            affinity=OFTEN,
            lr=1e-2,
            batch_size=64,
            epochs=40,
        ),
    ),
    Preset(
        "many tasks",
        "Sixteen tasks in eight pairs: the affinity map shows who belongs together.",
        Spec(
            problem={"name": "sines", "relatedness": 0.9, "pairs": 8, "m": 0, "inputs": 20, "rows": 2000},
            encoder={"name": "mlp", "width": 64, "depth": 1},
            affinity=OFTEN,
            lr=3e-3,
            batch_size=64,
            epochs=20,
        ),
    ),
    Preset(
        "words: intent and slots",
        "Requests to an assistant: what is wanted, and which words say with what.",
        Spec(
            problem={"name": "intents", "count": 1000},
            encoder={"name": "bilstm", "embedding": 32, "units": 32},
            affinity=OFTEN,
            lr=1e-2,
            batch_size=64,
            epochs=8,
        ),
    ),
)
