"""Numbers that are typed while a run trains, without a browser."""

from tests.widgets.test_panel import LONG, alone, panel, until  # noqa: F401 (fixtures)


def test_what_is_typed_while_it_trains_counts_or_is_refused_in_a_sentence(panel):  # noqa: F811
    live = panel(LONG)
    live.start()
    ink, lr = live.pickers.weights.sliders["ink"], live.pickers.fields["lr"].widget
    ink.enter("-5")
    lr.enter("0")
    assert live.message == "Spec lr: should be greater than 0, found '0'; it stays 0.001."
    lr.enter("2")
    assert live.message == ""
    ink.enter("much")
    assert "Task 'ink' weight: should be a valid number" in live.message
    ink.enter("50")
    assert live.message == ""
    until(lambda: len(live.session.history.commands) == 2)
    first, second = live.session.history.commands
    assert first.values["lr"] == 2.0
    assert second.values["weights"] == {"digit": 1.0, "ink": 50.0}
    assert live.errors == []
