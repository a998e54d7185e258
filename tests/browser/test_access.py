"""Everything in the panel can be read, and used without a mouse."""

import pytest

PANEL = """
import workbench as wb

often = {"name": "gradient_cosine", "every": 5}
spec = wb.Spec(tasks=["digit", "parity", "ink"], weighting="fixed", epochs=5_000, affinity=often, lr_schedule="step")
panel = wb.panel(spec)
panel
"""
#: every visible text that is not part of a disabled control, with its colour and what lies behind it
CONTRASTS = """() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgba = color => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
    const behind = element => {
        const layers = [];
        for (let at = element; at; at = at.parentElement) {
            layers.unshift(rgba(getComputedStyle(at).backgroundColor));
        }
        return layers.reduce((below, top) => over(top, below), [255, 255, 255, 1]);
    };
    const light = color => {
        const [r, g, b] = color.map(x => (x / 255 <= 0.04045 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ratio = (element, color) => {
        const below = behind(element);
        const [a, b] = [light(over(rgba(color), below)), light(below)].sort((x, y) => y - x);
        return (a + 0.05) / (b + 0.05);
    };
    const found = [];
    const note = (text, element, color) => {
        const shown = element.checkVisibility({ visibilityProperty: true });
        if (!text.trim() || !shown || element.closest(":disabled")) return;
        let opacity = 1;
        for (let at = element; at; at = at.parentElement) opacity *= +getComputedStyle(at).opacity;
        const faded = rgba(color);
        const seen = `rgba(${faded[0]}, ${faded[1]}, ${faded[2]}, ${faded[3] * opacity})`;
        found.push([text.trim(), Math.round(100 * ratio(element, seen)) / 100]);
    };
    const panel = document.querySelector(".wb-panel");
    const walker = document.createTreeWalker(panel, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        note(walker.currentNode.data, element, getComputedStyle(element).color);
    }
    for (const field of panel.querySelectorAll("input[type=text]")) {
        const style = field.value ? getComputedStyle(field) : getComputedStyle(field, "::placeholder");
        note(field.value || field.placeholder, field, style.color);
    }
    return found;
}"""
#: drop-downs without a label get their names in the next frame
NAMED = "() => !document.querySelector('.wb-panel .widget-dropdown select:not([aria-label])')"
#: the controls that keys should reach, numbered so that each is known again
NUMBERED = """() => {
    const all = [...document.querySelectorAll(
        ".wb-panel :is(button, select, input, summary, textarea, a[href], [tabindex], [contenteditable=true])")];
    const usable = all.filter(each => each.tabIndex >= 0 && !each.disabled
        && each.getAttribute("aria-disabled") !== "true" && each.checkVisibility({ visibilityProperty: true }));
    usable.forEach((each, i) => { each.dataset.number = i; });
    return usable.map(each => `${each.tagName} ${each.className} ${each.textContent.slice(0, 30)}`);
}"""


#: whether the focus is in the panel, the number of what has it, and what it is
FOCUS = """() => {
    const at = document.activeElement;
    return [at.closest(".wb-panel") !== null, +(at.dataset?.number ?? -1), at.outerHTML.slice(0, 200)];
}"""


@pytest.fixture
def panel(lab, page, request):
    page.open(lab.notebook(f"{request.node.name}.ipynb", PANEL))
    page.run_cells()
    panel = page.tab.locator(".wb-panel")
    panel.locator(".wbc").wait_for()
    panel.get_by_role("button", name="more", exact=True).click()
    panel.get_by_text("What would each method do now?").click()
    return panel


def running(page, panel):
    """Paused after some maps, so that every part shows something and stands still."""
    panel.get_by_role("button", name="Start", exact=True).click()
    page.tab.wait_for_function("() => +document.querySelector('.wbc').dataset.last > 20")
    panel.get_by_role("button", name="Pause", exact=True).click()
    page.expect(panel.locator(".wb-status")).to_contain_text("paused")
    panel.get_by_role("button", name="Step task", exact=True).click()
    page.expect(panel.locator(".wb-effect")).to_contain_text("alone")
    page.tab.wait_for_function("() => +document.querySelector('.wbm').dataset.step > 0")


def too_faint(page):
    found = page.tab.evaluate(CONTRASTS)
    assert len(found) > 60
    return sorted({(ratio, text[:60]) for text, ratio in found if ratio < 4.5})


def test_every_text_stands_out_from_what_is_behind_it(page, panel):
    assert too_faint(page) == []
    panel.get_by_label("problem", exact=True).select_option("intents")
    page.expect(panel.get_by_role("alert")).to_be_visible()
    assert too_faint(page) == []
    panel.get_by_label("problem", exact=True).select_option("digits")
    page.expect(panel.get_by_role("alert")).to_have_count(0)
    running(page, panel)
    assert too_faint(page) == []
    page.shot("contrast")
    try:
        page.theme("JupyterLab Dark")
        assert too_faint(page) == []
        page.shot("contrast-dark")
    finally:
        page.theme("JupyterLab Light")
    panel.get_by_role("button", name="Step task", exact=True).evaluate("each => { each.style.color = '#8a8a8a'; }")
    ((ratio, text),) = too_faint(page)  # it would be found
    assert text == "Step task"
    assert 2 < ratio < 4


def nameless(page):
    """Focusable things without a name, as a screen reader gets them: role, element, attributes."""
    devtools = page.tab.context.new_cdp_session(page.tab)
    document = devtools.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    panel = devtools.send("DOM.querySelector", {"nodeId": document, "selector": ".wb-panel"})["nodeId"]
    nodes = devtools.send("Accessibility.queryAXTree", {"nodeId": panel})["nodes"]
    found, count = [], 0
    for node in nodes:
        if any(each["name"] == "focusable" and each["value"]["value"] for each in node.get("properties", ())):
            count += 1
            if not node.get("name", {}).get("value", "").strip():
                what = devtools.send("DOM.describeNode", {"backendNodeId": node["backendDOMNodeId"]})["node"]
                found.append((node["role"]["value"], what["localName"], " ".join(what.get("attributes", ()))[:120]))
    assert count > 40
    return found


def test_every_control_has_a_name_and_is_reached_by_keys(page, panel):
    page.tab.wait_for_function(NAMED)
    assert nameless(page) == []
    wanted = page.tab.evaluate(NUMBERED)
    assert len(wanted) > 40
    panel.get_by_role("button", name="Start", exact=True).focus()
    reached = set()
    for _ in range(2 * len(wanted)):
        inside, number, what = page.tab.evaluate(FOCUS)
        if not inside:
            break
        reached.add(number)
        page.tab.keyboard.press("Tab")
    assert [each for i, each in enumerate(wanted) if i not in reached] == [], f"the focus ended at {what}"
    running(page, panel)
    page.tab.wait_for_function(NAMED)
    assert nameless(page) == []
