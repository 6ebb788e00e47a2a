// Arrow keys walk through the rows of the view: every element of class "row-link", in the order of the page.

const rows = () => [...document.querySelectorAll("#view .row-link")].filter((row) => row.offsetParent !== null);

function focusRow(row) {
  row.focus();
  row.scrollIntoView({ block: "nearest" });
}

export function focusFirstRow() {
  const [first] = rows();
  if (first) focusRow(first);
  return Boolean(first);
}

// True where the key was one for a row. `onTop` is called for "up" on the first row.
export function moveInRows(event, onTop) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const edge = { Home: 0, End: -1 }[event.key];
  const all = rows();
  const at = all.indexOf(document.activeElement);
  if (at < 0 || (step === undefined && edge === undefined)) return false;
  event.preventDefault();
  if (edge !== undefined) focusRow(all.at(edge));
  else if (at + step < 0) onTop();
  else if (at + step < all.length) focusRow(all[at + step]);
  return true;
}
