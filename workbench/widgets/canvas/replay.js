// Going back through a run: nothing after the chosen step is drawn.

/** Milliseconds that a run takes when it is played, however long it was. */
const PLAYED = 12_000;

/** A button that plays, and a slider over the steps. ``at`` is the step shown last; null: as far as there is. */
class Replay {
  constructor(view) {
    Object.assign(this, { view, at: null, frame: 0, told: -1 });
    const id = `wbc-${Math.random().toString(36).slice(2)}`;
    this.box = element("div", "wbc-replay", view.root);
    this.button = element("button", "wbc-play", this.box);
    this.button.type = "button";
    this.button.addEventListener("click", () => (this.frame ? this.stop() : this.play()));
    const label = element("label", "", this.box, "step ");
    label.htmlFor = id;
    this.number = element("output", "", label);
    this.slider = element("input", "wbc-until", this.box);
    Object.assign(this.slider, { type: "range", id, step: 1, title: "Go back through the run; at its right end it follows" });
    this.slider.addEventListener("input", () => {
      this.stop();
      const { value, max } = this.slider; // more may have come than it shows
      this.go(+value < +max ? +value : Infinity);
    });
    this.slider.addEventListener("change", () => this.tell());
  }

  go(step) {
    this.at = step < this.view.lastStep() ? step : null;
    this.view.request();
  }

  play() {
    const last = this.view.lastStep(), from = this.at ?? 0;
    let began = null;
    const next = (now) => {
      began ??= now - (PLAYED * from) / last;
      const step = Math.round((last * (now - began)) / PLAYED);
      this.go(step < last ? step : Infinity);
      if (step < last) this.frame = requestAnimationFrame(next);
      else this.stop();
    };
    this.frame = requestAnimationFrame(next);
    this.view.request();
  }

  stop() {
    if (!this.frame) return;
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.tell();
    this.view.request();
  }

  /** Let the kernel know the step, once a person has settled on it. */
  tell() {
    const step = this.at ?? -1;
    if (step !== this.told) this.view.tell(step);
    this.told = step;
  }

  /** Another run: from its end. */
  reset() {
    cancelAnimationFrame(this.frame);
    Object.assign(this, { frame: 0, at: null });
    this.tell();
  }

  show() {
    const last = this.view.lastStep(), at = this.at ?? last;
    this.box.classList.toggle("wbc-none", last < 2);
    put(this.slider, { min: 0, max: last, value: at, "aria-valuetext": atStep(at) });
    put(this.number, { textContent: `${at.toLocaleString("en")} of ${last.toLocaleString("en")}` });
    put(this.button, this.frame
      ? { textContent: "❚❚ wait", title: "Stop here" }
      : { textContent: "▶ replay", title: "Draw the run again from its beginning, or from the chosen step" });
  }
}
