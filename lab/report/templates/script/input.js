// Hands: mouse, touch and keys; the table, the command.
const act = item => {
  if (item.isFold) {
    item.isOpen = !item.isOpen;
    place();
  } else if (isGroup(item)) {
    const before = current;
    openGroup(item, !item.isOpen);
    filter();
    shut(before);
    if (isFolded(item)) (item.isOpen ? choose : letGo)(item);
  } else if (chosen === base(item.id)) letGo();
  else choose(item);
};
const keys = event => {
  const item = itemOf.get(document.activeElement), here = item && isShown(item) ? item.n_order : -1;
  const to = {ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: order.length - 1}[event.key];
  if (to !== undefined && order[to]) stopAt(order[to], true);
  else if ((event.key === "Enter" || event.key === " ") && here >= 0) act(item);
  else return;
  event.preventDefault();
};

const listAll = () => {
  const body = at("facts").querySelector("tbody"), lines = [...body.rows].map(row => [Number(row.cells[0].textContent), row]);
  for (let n = Number(at("more").dataset.from); n < packets.t.length; n++) {
    if (!isHere(n)) continue;
    const row = html("tr"), by = faultOf(n) ? ` by ${faultOf(n)}` : "";
    for (const text of [seconds(packets.t[n]), "packet", wayOf(n),
      [packets.l[n], texts[packets.m[n]]].filter(Boolean).join(", "), `${fateOf(n)}${by}`]) row.append(html("td", text));
    lines.push([packets.t[n] / 1e6, row]);
  }
  body.append(...lines.sort((a, b) => a[0] - b[0]).map(([, row]) => row));
  at("more").hidden = true;
};
const copy = async button => {
  try { await navigator.clipboard.writeText(at("command").textContent); button.textContent = "Copied"; }
  catch { getSelection().selectAllChildren(at("command")); }
};
// Where not all fits, both of two lanes are seen first.
const scrollToLanes = () => {
  const frame = svg.parentElement, scale = svg.getBoundingClientRect().width / data.width;
  if (xs.length !== 2 || frame.scrollWidth <= frame.clientWidth) return;
  frame.scrollLeft = Math.max(0, Math.min(xs[1] * scale + 32 - frame.clientWidth, xs[0] * scale - 32));
};

if (svg) {
  svg.addEventListener("click", event => {
    const one = event.target.closest(".row:not(.arrival), .fold"), bar = event.target.closest(".span.bar");
    const item = itemOf.get(one || (bar && at(bar.dataset.for)));
    if (!item) return letGo();
    if (item !== current) stopAt(item, false);
    act(item);
  });
  svg.addEventListener("keydown", keys);
  svg.addEventListener("focusin", event => {
    const item = itemOf.get(event.target);
    if (item && item !== current) stopAt(item, false);
  });
  svg.addEventListener("pointerover", event => hint(event.target.closest(".row")));
  addEventListener("keydown", event => { if (event.key === "Escape") letGo(); });
  readItems();
  place();
  scrollToLanes();
  let isWaiting = false;
  const later = () => { isWaiting ||= Boolean(requestAnimationFrame(() => { isWaiting = false; render(); })); };
  for (const kind of ["scroll", "resize"]) addEventListener(kind, later, {passive: true});
  at("filters").hidden = false;
  at("filters").addEventListener("change", filter);
  at("unfold").hidden = !svg.querySelector(".fold, .row.group, .row[aria-expanded]");
  at("unfold").addEventListener("click", event => unfoldAll(event.target));
}
const button = at("copy"), more = at("more");
if (button) { button.hidden = false; button.addEventListener("click", () => copy(button)); }
if (more) { more.hidden = false; more.addEventListener("click", listAll); }
