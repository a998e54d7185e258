"""Affinity in the panel: maps over the steps, found by hand, taken away, and there again in a saved notebook."""

import csv
import json
import re
from io import StringIO

import pytest

PANEL = """
import workbench as wb

often = {"name": "gradient_cosine", "every": 5}
panel = wb.panel(wb.Spec(tasks=["digit", "parity", "ink"], epochs=5_000, weighting="pcgrad", affinity=often))
panel
"""
#: switches JupyterLab's "Save Widget State Automatically" on or off
SENTENCE = re.compile(
    r"A step for digit alone \(step [\d,]+\): digit [+−±][\d.]+ %, parity [+−±][\d.]+ %, ink [+−±][\d.]+ % loss\."
)


def table(page, figure):
    """The name of the file behind the button, and its rows."""
    with page.tab.expect_download() as started:
        figure.get_by_role("button", name="CSV").press("Enter")
    name, text = started.value.suggested_filename, started.value.path().read_text()
    return name, list(csv.DictReader(StringIO(text)))


def number(slider):
    """The step that a slider says it is at."""
    return int(re.sub(r"\D", "", slider.get_attribute("aria-valuetext")))


def test_affinity_over_time_by_hand_and_in_a_saved_notebook(lab, page):
    tab, expect = page.tab, page.expect
    page.open(lab.notebook("maps.ipynb", PANEL))
    page.run_cells()
    panel, figure = tab.locator(".wb-panel"), tab.locator(".wbc-map")
    slider, picture = figure.get_by_role("slider", name="step"), figure.get_by_role("img")
    panel.get_by_role("button", name="Start", exact=True).click()
    more = "most => +document.querySelector('.wbc-step').max > most"
    tab.wait_for_function(more, arg=6)
    expect(figure).to_contain_text("Affinity: gradient cosine")

    # back by keys: it stays there while the run goes on; to the end: it follows again
    slider.focus()
    for key in ("ArrowLeft", "Home", "ArrowRight"):
        slider.press(key)
    expect(slider).to_have_attribute("aria-valuetext", "step 6")
    tab.wait_for_function(more, arg=int(slider.get_attribute("max")) + 3)
    expect(slider).to_have_value("1")
    page.shot("maps-before")
    slider.press("End")
    seen = number(slider)
    tab.wait_for_function(
        "seen => +document.querySelector('.wbc-step').getAttribute('aria-valuetext').replace(/[^0-9]/g, '') > seen",
        arg=seen,
    )
    box = picture.bounding_box()
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    said = re.compile(r"train on digit, helps parity: −?[\d.e−]+ at step [\d,]+below 0 at \d+ % of the maps so far")
    expect(figure.locator(".wbc-said")).to_have_text(said)
    page.shot("maps-hover")

    # a row for each step for one task alone
    panel.get_by_role("button", name="Pause", exact=True).click()
    expect(panel.locator(".wb-status")).to_contain_text("paused")
    by_hand = figure.get_by_role("button", name="by hand")
    expect(by_hand).to_be_hidden()
    panel.get_by_role("button", name="Step task", exact=True).click()
    expect(panel.locator(".wb-effect")).to_have_text(SENTENCE)
    by_hand.press("Enter")
    expect(by_hand).to_have_attribute("aria-pressed", "true")
    expect(figure).to_contain_text("Affinity: by hand")
    known = re.compile(r"train on digit, helps ink −?[\d.e−]+; train on parity, helps digit not known")
    expect(picture).to_have_attribute("aria-label", known)
    panel.locator(".wb-step-of select").select_option("parity")
    panel.get_by_role("button", name="Step task", exact=True).click()
    expect(picture).to_have_attribute("aria-label", re.compile(r"train on parity, helps digit −?\d"))
    expect(slider).to_have_value("1")
    page.shot("maps-by-hand-1400")
    tab.set_viewport_size({"width": 1280, "height": 720})
    figure.scroll_into_view_if_needed()
    page.shot("maps-by-hand-1280")
    name, rows = table(page, figure)
    run = page.evaluate("panel.session.path.name").strip("'")
    assert name == f"{run}-affinity-by-hand.csv"
    assert [row["from"] for row in rows] == ["digit"] * 3 + ["parity"] * 3
    recorded = page.evaluate(
        "[round(1 - a / b, 4) for e in panel.session.history.effects for a, b in zip(e.after, e.before)]"
    )
    assert [float(row["value"]) for row in rows] == pytest.approx(json.loads(recorded), abs=1e-4)

    # the notebook is saved, and opened where its kernel is gone: everything is there
    panel.get_by_role("button", name="Stop", exact=True).click()
    expect(panel.locator(".wb-status")).to_contain_text("stopped")
    figure.get_by_role("button", name="measured").click()
    name, live = table(page, figure)
    assert name == f"{run}-affinity.csv"
    assert page.evaluate("[step for step, _ in panel.session.history.affinities]") == str(
        [int(row["step"]) for row in live][::9]
    )
    last = page.evaluate("panel.session.history.affinities[-1][1].round(4).tolist()[0][1]")
    assert float(live[-8]["value"]) == pytest.approx(float(last), abs=1e-4)
    assert (live[-8]["from"], live[-8]["to"]) == ("digit", "parity")
    assert page.evaluate("panel.errors") == "[]"
    page.command("docmanager:save")
    page.shut_down()
    tab.reload()
    page.idle()
    expect(slider).to_have_attribute("max", str(len(live) // 9 - 1))
    slider.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "step 1")
    assert table(page, figure) == (name, live)
    by_hand.press("Enter")
    expect(picture).to_have_attribute("aria-label", re.compile(r"train on parity, helps digit −?\d"))
    page.shot("maps-without-kernel")
