// Put before the script of every widget, see scripts.py.

/** A new element, at the end of its parent. */
function element(tag, className, parent, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  if (parent) parent.append(made);
  return made;
}

/** Give a node what differs from what it has: what is written anew is laid out and painted anew, even if it is the same. */
function put(node, values) {
  for (const [name, value] of Object.entries(values)) {
    const text = String(value);
    if (name.startsWith("aria-")) node.getAttribute(name) === text || node.setAttribute(name, text);
    else if (String(node[name]) !== text) node[name] = value;
  }
}

/** Let the browser save something under a name. */
function download(blob, name) {
  const link = element("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
