// Names for what ipywidgets leaves without one: drop-downs without a label.

const NAMELESS = ".widget-dropdown select:not([aria-label])";

function label(part) {
  const name = part.closest(".jupyter-widgets")?.querySelector(".widget-label")?.textContent || part.title;
  if (name) part.setAttribute("aria-label", name);
}

function render({ el }) {
  el.classList.add("wbl");
  let frame = 0;
  let panel = null;
  const observer = new MutationObserver(() => soon());

  function work() {
    frame = 0;
    if (!panel) {
      panel = el.closest(".wb-panel");
      if (!panel) return soon();
      observer.observe(panel, { childList: true, subtree: true });
    }
    panel.querySelectorAll(NAMELESS).forEach(label);
  }

  function soon() {
    frame ||= requestAnimationFrame(work);
  }

  soon();
  return () => {
    observer.disconnect();
    cancelAnimationFrame(frame);
  };
}

export default { render };
