"""Strategies by the names that people ask for, the field's names beside them, and the spec that does it."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

NEWS = {"name": "text", "path": "news.csv", "targets": ["topic", "tone", "region", "urgency"]}


@dataclass(frozen=True)
class Strategy:
    """One strategy.

    Attributes:
        name: as it is asked for.
        field: what the field calls it.
        idea: one sentence.
        spec: the fields of a Spec that do it, on a problem that is at hand.
        call: what to call with the spec.
    """

    name: str
    field: str
    idea: str
    spec: dict[str, Any]
    call: str = "wb.train(spec)"


STRATEGIES = (
    Strategy(
        "joint training",
        "hard parameter sharing",
        "One encoder learns for all tasks, each task has a head of its own.",
        {"fusion": "shared"},
    ),
    Strategy(
        "independent training",
        "single-task learning (STL)",
        "One network per task: the baseline that joint training has to beat.",
        {"fusion": "independent"},
        "wb.baseline(spec)",
    ),
    Strategy(
        "ERM",
        "empirical risk minimisation, equal weighting, linear scalarization",
        "Minimise the sum of the tasks' mean losses over all training examples.",
        {"weighting": "equal"},
    ),
    Strategy(
        "LLL, least-likely labels",
        "hard-example mining",
        "Train a task only on the labels it still gets wrong, after a warm-up on all of them.",
        {"tasks": ["digit", "parity"], "losses": {"digit": "lll", "parity": "lll"}},
    ),
    Strategy(
        "MTL",
        "multi-gate mixture of experts",
        "Parts that all tasks share and parts of each task alone, trained together.",
        {"fusion": "mmoe"},
    ),
    Strategy(
        "LLL / ERM / MTL mixing",
        "a loss per task, shared and own parts, learned task weights",
        "Some tasks train on their mistakes, others on all examples, all of them jointly.",
        {"fusion": "mmoe", "losses": {"digit": "lll"}, "weighting": "uncertainty"},
    ),
    Strategy(
        "task weights",
        "loss weighting, loss balancing",
        "How much each task's loss counts, learned while training.",
        {"weighting": "uncertainty"},
    ),
    Strategy(
        "dual weight problem",
        "dual of the minimax step; min-norm point over the simplex (MGDA), where the step may be long",
        "Weights of the short step that lowers the worst loss most; with weighting mgda those that hurt no task.",
        {"weighting": "dual"},
    ),
    Strategy(
        "sample weights",
        "importance weights",
        "How much each example counts in training, from a column of the table.",
        {"problem": {"name": "census", "sample_weights": True}},
    ),
    Strategy(
        "class weights",
        "class-balanced loss",
        "Rare classes count more; inside a task's loss, apart from the weights of tasks.",
        {"losses": {"loops": "class_balanced"}},
    ),
    Strategy(
        "task scheduler",
        "adaptive task sampling, multi-armed bandit",
        "Which task trains at a step: here the one whose loss falls most, drawn by a bandit.",
        {"schedule": "exp3"},
    ),
    Strategy(
        "round-robin",
        "alternating training",
        "The tasks train one after another.",
        {"schedule": "round_robin"},
    ),
    Strategy(
        "temperature sampling of tasks",
        "proportional and annealed sampling between them",
        "Tasks with more labels train more often, how much more a temperature says.",
        {"schedule": "temperature"},
    ),
    Strategy(
        "active task sampling",
        "sampling by the gap to single-task targets",
        "Tasks far from what a network of their own reaches train more often (pass its scores as targets).",
        {"tasks": ["digit", "parity"], "schedule": {"name": "active", "targets": {"digit": 0.95, "parity": 0.95}}},
        'wb.baseline(spec).summary["tasks"], wb.train(spec)',
    ),
    Strategy(
        "conflict-aware scheduling",
        "graph colouring of gradient conflicts (SON-GOKU)",
        "Tasks whose gradients conflict never train at the same step.",
        {"schedule": "son_goku"},
    ),
    Strategy(
        "task groups",
        "task grouping by affinity",
        "Groups of tasks that agree train in turn.",
        {"schedule": "affinity_groups"},
    ),
    Strategy(
        "batch composition",
        "adaptive data mixing (PiKE)",
        "Each task trains on a part of every batch, larger where it has more to gain.",
        {"schedule": "pike"},
    ),
    Strategy(
        "task scheduler with a baseline model",
        "resource allocation with a fallback; lambda_j in the joint objective",
        "Some tasks get a network, linear models answer for the rest.",
        {"schedule": {"name": "fallback", "capacity": 2}},
    ),
    Strategy(
        "conditional sharing",
        "feature-wise modulation (FiLM), hypernetworks",
        "One network whose features are scaled and shifted by the task.",
        {"fusion": "conditional"},
    ),
    Strategy(
        "partitioned parameters",
        "task routing, sub-networks",
        "One network divided into parts, each responsible for a task.",
        {"fusion": "partitioned"},
    ),
    Strategy(
        "attention as a regulariser",
        "entropy penalty on attention",
        "Attention that spreads costs something, so that each task settles on what it needs.",
        {"problem": "views", "fusion": {"name": "attention", "entropy": 0.01}},
    ),
    Strategy(
        "early fusion",
        "feature-level fusion",
        "Views are joined before the trunk.",
        {"problem": "views", "fusion": "early"},
    ),
    Strategy(
        "late fusion",
        "decision-level fusion",
        "Every view has its own predictions, which learned weights combine.",
        {"problem": "views", "fusion": "late"},
    ),
    Strategy(
        "ensemble fusion",
        "deep ensembles",
        "Several networks, their predictions averaged; their spread says how sure they are.",
        {"problem": "views", "fusion": "ensemble"},
    ),
    Strategy(
        "multi-head-attention fusion",
        "attention over views with a query per task",
        "Each task asks the views for what it needs.",
        {"problem": "views", "fusion": "attention"},
    ),
    Strategy(
        "merging data sets",
        "multi-source learning with temperature sampling",
        "Tasks with tables of their own in one training; batches come from one table each.",
        {"problem": {"name": "table", "path": "iris", "merge": ["wine"]}, "sampling": "temperature", "batch_size": 16},
        "wb.preview(spec), wb.train(spec)",
    ),
    Strategy(
        "little data",
        "joint training on a share of the rows",
        "How much sharing helps where labels are few: compare with the baseline.",
        {"train_fraction": 0.1, "batch_size": 32},
        "wb.compare(wb.train(spec))",
    ),
    Strategy(
        "K-fold cross-validation",
        "K-fold cross-validation, by groups where rows belong together",
        "Every row is tested once, by a model that has not seen it.",
        {"folds": 5},
        "wb.cross_validate(spec)",
    ),
    Strategy(
        "classification + regression with Ridge as reference",
        "mixed targets; scikit-learn's MultiOutputRegressor(Ridge()) and LogisticRegression",
        "Tasks of both kinds on one table, against linear models on the same rows.",
        {"problem": "table"},
        "wb.train(spec), wb.reference(spec)",
    ),
    Strategy(
        "TF-IDF early fusion of two text tasks",
        "weighted word counts, joined before the trunk",
        "Topic and tone of the same texts from weighted counts of their words.",
        {"problem": "text", "encoder": "tfidf", "fusion": "early"},
    ),
    Strategy(
        "four heads on a BERT encoder",
        "multi-task fine-tuning of a pretrained encoder",
        "One BERT, a head for each of four label columns of a table of texts (news.csv stands for yours).",
        {"problem": NEWS, "encoder": "bert", "lr": 3e-5},
    ),
    Strategy(
        "seq2seq with attention",
        "encoder-decoder with attention",
        "A text is read, another one written word by word, beside a classification.",
        {"problem": "summaries", "encoder": "bilstm"},
    ),
    Strategy(
        "sequence labelling with CRF",
        "joint intent detection and slot filling",
        "What a request wants, and which words say with what.",
        {"problem": {"name": "intents", "decoder": "crf"}, "encoder": "bilstm"},
    ),
    Strategy(
        "relatedness of tasks",
        "task affinity",
        "How well the tasks' gradients agree, measured while training.",
        {"affinity": "gradient_cosine"},
        "wb.affinity(wb.train(spec))",
    ),
    Strategy(
        "weights from relatedness",
        "auxiliary-task weighting by gradient similarity",
        "A task counts as much as its gradient helps the others, or one target task.",
        {"weighting": {"name": "affinity", "target": "digit"}},
    ),
)


def strategies() -> "pd.DataFrame":
    """Strategies by the names that people ask for.

    Returns:
        one row each: ``name``, ``field`` (what the field calls it), ``idea``, ``spec`` (fields of a Spec that do it)
        and ``call`` (what to call with it): ``wb.train(wb.Spec(**row["spec"]))``, say.
    """
    import pandas as pd

    return pd.DataFrame([asdict(each) for each in STRATEGIES])
