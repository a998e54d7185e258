"""Labels of a task hidden in the training rows, by the seed."""

import pytest
import torch

import workbench as wb
from tests.training.test_resume import check
from workbench.component import component
from workbench.problems import prepare
from workbench.problems.digits import Digits


def labelled(data, task):
    """The training rows with a label of a task."""
    train = data.splits["train"]
    return set(train[data.tasks[data.names.index(task)].present(data.targets[task][train])].tolist())


def test_a_share_of_the_training_labels_stays_and_nothing_else_changes():
    whole = prepare(Digits(), seed=3)
    part = prepare(Digits(), seed=3, label_fractions={"digit": 0.1, "ink": 0.05})
    train = whole.splits["train"]
    assert all(whole.splits[split].equal(part.splits[split]) for split in whole.splits)
    assert len(labelled(part, "digit")) == round(0.1 * len(train))
    assert len(labelled(part, "ink")) == round(0.05 * len(train))
    assert sorted(part.labelled) == ["digit", "ink"]
    for task in ("parity", "slant"):
        assert part.targets[task].equal(whole.targets[task])
    for split in ("val", "test"):
        rows = whole.splits[split]
        assert part.targets["digit"][rows].equal(whole.targets["digit"][rows])
        assert not part.targets["ink"][rows].isnan().any()
    kept = torch.tensor(sorted(labelled(part, "digit")))
    assert part.targets["digit"][kept].equal(whole.targets["digit"][kept])


def test_classes_keep_their_shares_and_smaller_shares_are_parts_of_larger_ones():
    shares = [prepare(Digits(), ["digit"], 1, label_fractions={"digit": share}) for share in (0.05, 0.3)]
    small, large = (labelled(data, "digit") for data in shares)
    assert small < large
    counts = torch.bincount(shares[1].targets["digit"][torch.tensor(sorted(large))])
    assert counts.max() - counts.min() <= 2


def test_tasks_hide_labels_on_their_own_whichever_tasks_are_chosen():
    both = {"digit": 0.1, "parity": 0.1}
    data = prepare(Digits(), seed=2, label_fractions=both)
    assert labelled(data, "digit") != labelled(data, "parity")
    alone = prepare(Digits(), ["parity"], 2, label_fractions=both)
    assert labelled(alone, "parity") == labelled(data, "parity")
    assert labelled(prepare(Digits(), seed=5, label_fractions=both), "digit") != labelled(data, "digit")


def test_mean_and_spread_are_those_of_the_labels_that_stayed():
    data = prepare(Digits(), ["ink"], label_fractions={"ink": 0.05})
    kept = torch.tensor(sorted(labelled(data, "ink")))
    raw = Digits().load(0).targets["ink"]
    assert data.tasks[0].mean == pytest.approx(raw[kept].mean().item())
    assert data.targets["ink"][kept].mean().item() == pytest.approx(0, abs=1e-5)


def test_words_lose_their_tags_by_the_sentence():
    data = prepare(component("problem", "tagging")(count=100), label_fractions={"ner": 0.25})
    train = data.splits["train"]
    present = (data.targets["ner"][train] != -100).any(1)
    assert int(present.sum()) == round(0.25 * len(train))
    assert (data.targets["pos"][train] != -100).any(1).all()


def test_it_is_part_of_a_spec_and_travels():
    spec = wb.Spec(label_fractions={"digit": 0.1})
    assert wb.Spec.from_json(spec.to_json()) == spec == wb.Spec.from_share(spec.share())
    assert "label_fractions.digit" not in spec.command()
    assert wb.Spec.from_settings({"label_fractions": "digit=0.1"}) == spec
    assert "--set label_fractions=digit=0.1" in spec.command()
    assert spec.hash != wb.Spec().hash


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"digti": 0.1}, "label_fractions names the task 'digti': did you mean 'digit'?"),
        ({"digit": 0.0}, "should be greater than 0, found 0.0"),
        ({"digit": 1.5}, "should be less than or equal to 1, found 1.5"),
        (0.1, "label_fractions should be a valid dictionary, found 0.1"),
    ],
)
def test_faults_are_one_sentence(given, words):
    with pytest.raises(wb.WorkbenchError) as error:
        wb.Spec(label_fractions=given)
    (fault,) = error.value.faults
    assert words in fault


def test_pseudo_labels_train_resume_and_replay_to_the_same_numbers(tmp_path):
    spec = wb.Spec(
        tasks=["digit", "ink"],
        encoder={"name": "mlp", "width": 16},
        label_fractions={"digit": 0.1},
        losses={"digit": {"name": "pseudo_labels", "threshold": 0.5}},
        epochs=4,
        batch_size=100,
        lr=0.01,
        affinity=None,
    )

    for step in (11, 20):  # in the middle of an epoch, before and after guessing starts
        check(spec, step)
    run = wb.train(spec, progress=False, out=tmp_path)
    again = wb.replay(run, progress=False, out=tmp_path / "again")
    assert (again.path / "records.jsonl").read_text() == (run.path / "records.jsonl").read_text()
    plain = wb.train(spec.replace(losses={}), progress=False, out=tmp_path)
    ours, theirs = (each.records.curves["train", "digit", "loss"] for each in (run, plain))
    first = next(step for step, a, b in zip(ours.steps, ours.values, theirs.values, strict=True) if a != b)
    assert first > run.summary["steps"] / spec.epochs  # the first epoch trains on true labels alone
