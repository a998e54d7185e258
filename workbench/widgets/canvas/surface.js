// What every plot of the live canvas stands on: one canvas with a title, a note and a tip.

const HEIGHT = 216;
const TEXT = 13;
const NOTE = "#595959";

function shown(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e5 || size < 1e-3)) return value.toExponential(2);
  return value.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : 3);
}

/** The width of a text in the plots' one font; measuring takes longer than writing. */
const WIDTHS = new Map();

function widthOf(pen, text) {
  const key = `${pen.font} ${text}`;
  if (WIDTHS.size > 4000) WIDTHS.clear();
  if (!WIDTHS.has(key)) WIDTHS.set(key, pen.measureText(text).width);
  return WIDTHS.get(key);
}

/** A canvas that knows its size in CSS pixels and draws sharply on every screen. */
class Surface {
  constructor(parent, title, note) {
    this.box = element("figure", "wbc-plot", parent);
    const caption = element("figcaption", "wbc-title", this.box);
    this.title = element("strong", "", caption, title);
    this.note = element("span", "wbc-note", caption, note);
    this.stage = element("div", "wbc-stage", this.box);
    this.canvas = element("canvas", "", this.stage);
    this.canvas.setAttribute("role", "img");
    this.tip = element("div", "wbc-tip", this.stage);
    this.tip.hidden = true;
    this.pen = this.canvas.getContext("2d");
    this.wide = null; // of the stage; asking for it while the page changes makes the browser lay everything out
    this.sizes = new ResizeObserver(() => { this.wide = this.stage.clientWidth; });
    this.sizes.observe(this.stage);
  }

  /** Its height in CSS pixels. */
  get tall() {
    return HEIGHT;
  }

  begin(palette) {
    const ratio = this.view?.ratio ?? (window.devicePixelRatio || 1);
    const width = (this.wide ??= this.stage.clientWidth), height = this.tall;
    const wide = Math.round(width * ratio), high = Math.round(height * ratio);
    if (this.canvas.width !== wide || this.canvas.height !== high) {
      this.canvas.width = wide;
      this.canvas.height = high;
      this.canvas.style.height = `${height}px`;
    }
    Object.assign(this, { width, height });
    const pen = this.pen;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = `${TEXT}px ${palette.font}`;
    pen.lineJoin = "bevel";
    return pen;
  }

  empty(palette, text) {
    const pen = this.pen;
    pen.fillStyle = NOTE;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(text, this.width / 2, this.height / 2);
  }

  showTip(rows, x) {
    this.tip.replaceChildren(...rows);
    this.tip.hidden = false;
    const left = x + 14 + this.tip.offsetWidth > this.width ? x - 14 - this.tip.offsetWidth : x + 14;
    this.tip.style.left = `${Math.max(0, left)}px`;
  }
}
