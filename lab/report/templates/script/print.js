// On paper nothing can be opened or scrolled to, and a picture that is taller than a page would begin
// on the next one: it is cut between its rows.
const SLICE = 180;
const slices = () => {
  render(true);
  const [, , , bottom] = svg.getAttribute("viewBox").split(" ").map(Number), cuts = [0];
  for (const item of order) if (item.top >= cuts.at(-1) + SLICE) cuts.push(item.top);
  cuts.push(bottom);
  const shapes = [...svg.querySelectorAll(".span:not(.gone)")].map(one => ({one, box: one.getBBox()}));
  const rows = items.flatMap(item => [item, item.fold]).filter(one => one?.node && !one.node.classList.contains("gone"));
  let next = 0;
  return cuts.slice(1).map((end, n) => {
    const begin = cuts[n], slice = element("svg", {class: "slice", viewBox: `0 ${begin} ${data.width} ${end - begin}`});
    const put = one => { const copy = one.cloneNode(true); copy.removeAttribute("id"); slice.append(copy); };
    const spans = shapes.filter(({box}) => box.y < end && box.y + box.height > begin).map(({one}) => one);
    const isIn = (...names) => one => names.includes(one.parentNode.id);
    spans.filter(isIn("shades")).forEach(put);
    svg.querySelectorAll(".lane").forEach(put);
    spans.filter(isIn("around")).forEach(put);
    for (; next < rows.length && rows[next].top < end; next++) put(rows[next].node);
    spans.filter(one => !isIn("shades", "around")(one)).forEach(put);
    return slice;
  });
};
const onPaper = isOn => {
  for (const one of document.querySelectorAll("details")) {
    if (isOn) one.dataset.was = one.open;
    one.open = isOn || one.dataset.was === "true";
  }
  if (!svg) return;
  for (const one of document.querySelectorAll(".slice")) one.remove();
  svg.classList.toggle("sliced", isOn);
  if (isOn) svg.after(...slices());
  else render();
};
addEventListener("beforeprint", () => onPaper(true));
addEventListener("afterprint", () => onPaper(false));
