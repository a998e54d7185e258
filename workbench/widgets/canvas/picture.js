// The plots of a view as one picture to take away.

/** Dots per CSS pixel, so that it is sharp when projected. */
const SHARP = 2;
const EDGE = 12;

/** A canvas with the legend, the titles and the plots of a view where they stand on the page, white behind. */
function picture(view) {
  const frame = view.root.getBoundingClientRect(), { palette, name } = view.store.look;
  const grid = view.grid.getBoundingClientRect(), head = (name ? 26 : 0) + 26, top = grid.top - head;
  const made = element("canvas"), pen = made.getContext("2d");
  made.width = SHARP * (frame.width + 2 * EDGE);
  made.height = SHARP * (grid.height + head + 2 * EDGE);
  pen.scale(SHARP, SHARP);
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, made.width, made.height);
  pen.translate(EDGE - frame.left, EDGE - top);
  const write = (text, x, y, weight, color) => {
    pen.font = `${weight} 14px ${palette.font}`;
    pen.fillStyle = color;
    pen.textBaseline = "middle";
    pen.fillText(text, x, y);
    return pen.measureText(text).width;
  };
  if (name) write(name, grid.left, top + 10, "bold", palette.ink);
  legend(pen, view, grid.left, grid.top - 16, write);
  view.ratio = SHARP;
  for (const plot of view.plots) {
    plot.draw();
    const title = plot.title.getBoundingClientRect(), area = plot.canvas.getBoundingClientRect();
    const wide = write(plot.title.textContent, title.left, title.top + title.height / 2, "bold", palette.ink);
    write(plot.note.textContent, title.left + wide + 8, title.top + title.height / 2, "normal", NOTE);
    pen.drawImage(plot.canvas, area.left, area.top, area.width, area.height);
  }
  view.ratio = null;
  view.request();
  return made;
}

/** A line and a name for every task that is shown. */
function legend(pen, view, left, y, write) {
  let x = left;
  for (const task of view.tasks().filter((each) => !view.hidden.has(each))) {
    const { color, dash } = view.look(task);
    pen.strokeStyle = color;
    pen.lineWidth = 3;
    pen.setLineDash(dash);
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(x + 30, y);
    pen.stroke();
    pen.setLineDash([]);
    x += 36;
    x += write(task, x, y, "normal", view.store.look.palette.ink) + 20;
  }
}
