// What stands in the picture from top to bottom, as items: rows of the page, what unfolded groups
// stand for, and folds. Ten thousand are placed at once; of those in groups only the ones near the
// window are drawn.
const items = [], itemOf = new WeakMap();
let order = []; // what is shown and can be walked to, folds among it
let current = null; // where Tab leads to

const ownItem = row => ({id: row.id, t: Number(row.dataset.t), until: Number(row.dataset.until || row.dataset.t), h: Number(row.dataset.h), kind: row.classList[1],
  hosts: row.dataset.hosts.split(" ").filter(Boolean), c: row.dataset.c === undefined ? null : Number(row.dataset.c), caller: row.dataset.caller?.split("\n"),
  node: row, isOwn: true, gone: false, group: null, top: 0, time: row.querySelector(".time")?.textContent || ""});
const ownFold = node => ({isFold: true, node, isOpen: false, isOn: true, us: 0, h: measures.fold, top: 0});

const readItems = () => {
  const folds = new Map([...svg.querySelectorAll(".fold")].map(node => [node.dataset.before, ownFold(node)]));
  for (const row of svg.querySelectorAll("#rows > .row")) {
    const item = ownItem(row);
    item.fold = folds.get(row.id) || null;
    items.push(item);
    itemOf.set(row, item);
    if (item.fold) itemOf.set(item.fold.node, item.fold);
  }
};

// --- places: every row below the one before it, with what lasts stretched between them

let allOpen = false;
const place = () => {
  let top = measures.top, before = null, shown = "", hidden = false;
  order = [];
  const stand = item => { item.n_order = order.push(item) - 1; };
  for (const item of items) {
    if (item.fold) item.fold.isOn = false;
    item.top = top;
    if (item.gone) { hidden = true; continue; }
    const quiet = before === null ? 0 : item.t - before;
    if (quiet >= measures.fold_us) {
      const fold = item.fold ??= {isFold: true, node: null, isOpen: allOpen};
      const h = fold.isOpen ? Math.max(70, Math.min(420, quiet / 1e3 * 0.25)) : measures.fold;
      Object.assign(fold, {isOn: true, us: quiet, h, top, isHiding: hidden});
      stand(fold);
      top += h;
    } else top += (measures.gaps.find(one => quiet < one[0]) || [0, measures.fold])[1];
    const time = seconds(item.t);
    Object.assign(item, {top, time: time === shown ? "" : time});
    if (item.kind !== "arrival") stand(item);
    // In a group that is closed something happens until its end.
    [top, before, shown, hidden] = [top + item.h, item.isOpen ? item.t : item.until ?? item.t, time, false];
  }
  const wasFocused = keepStop();
  stretch(top);
  render();
  stopAt(current, wasFocused);
};

const isShown = item => order[item.n_order] === item;
const keepStop = () => {
  const wasFocused = Boolean(current?.node?.contains(document.activeElement));
  if (current && !isShown(current)) current.node?.setAttribute("tabindex", -1);
  if (!current || !isShown(current)) {
    const top = current ? current.top : 0;
    let group = current?.group;
    while (group && !isShown(group)) group = group.group;
    current = group ? group : order.find(one => one.top >= top) || order.at(-1) || null;
  }
  return wasFocused;
};
const stopAt = (item, isFocused) => {
  if (current?.node && current !== item) current.node.setAttribute("tabindex", -1);
  current = item;
  if (!item) return;
  if (!item.node) render();
  item.node.setAttribute("tabindex", 0);
  if (!isFocused || item.node === document.activeElement) return;
  item.node.focus({preventScroll: true});
  item.node.scrollIntoView({block: "nearest"});
};

const stretch = bottom => {
  const height = bottom + measures.bottom, there = new Map();
  for (const item of items) if (item.isOwn) there.set(item.id, item);
  svg.setAttribute("viewBox", `0 0 ${data.width} ${height}`);
  for (const lane of svg.querySelectorAll(".lane")) lane.setAttribute("y2", height - 8);
  for (const one of svg.querySelectorAll(".span")) {
    const a = there.get(one.dataset.a), b = there.get(one.dataset.b);
    const isKept = !(there.get(one.dataset.for)?.gone ?? true) && !(a.gone && b.gone);
    one.classList.toggle("gone", !isKept);
    one.classList.toggle("opened", Boolean(there.get(one.dataset.for)?.isOpen));
    if (!isKept) continue;
    const y1 = a.top + Number(one.dataset.ao), y2 = b.top + Number(one.dataset.bo);
    if (one.tagName === "rect") {
      one.setAttribute("y", y1);
      one.setAttribute("height", Math.max(4, y2 - y1));
    } else {
      one.firstChild.setAttribute("y1", y1);
      one.firstChild.setAttribute("y2", y2);
      one.lastChild.setAttribute("transform", `translate(0,${y2})`);
    }
  }
};

// --- drawing what can be seen

const AHEAD = 1200; // pixels above and below the window that are drawn, too
const render = (everything = false) => {
  const box = svg.getBoundingClientRect(), scale = box.width / data.width || 1;
  const y1 = (-box.top - AHEAD) / scale, y2 = (innerHeight - box.top + AHEAD) / scale;
  const isNear = one => everything || one === current || one.top + one.h > y1 && one.top < y2;
  let last = null;
  for (const item of items) {
    if (item.isOwn) item.node.classList.toggle("gone", item.gone);
    else if (!item.gone && isNear(item)) item.node ??= drawn(item, last);
    else if (item.node) item.node = item.node.remove() || null;
    if (item.node) { settle(item); last = item.node; }
    const fold = item.fold;
    if (!fold) continue;
    if (fold.isOn && (fold.node || isNear(fold))) settleFold(fold);
    else fold.node?.classList.add("gone");
  }
};
const drawn = (item, last) => {
  const node = item.call ? drawCall(item) : item.box ? drawGroup(item) : drawPacket(item);
  last.after(node);
  itemOf.set(node, item);
  item.node = node;
  if (isGroup(item)) showOpen(item);
  light(node);
  return node;
};
const settle = item => {
  if (item.gone || item.at === item.top && item.said === item.time && item.last === item.node) return;
  Object.assign(item, {at: item.top, said: item.time, last: item.node});
  item.node.setAttribute("transform", `translate(0,${item.top})`);
  let there = item.node.querySelector(".time");
  if (!there && item.time) {
    there = element("text", {class: "time", x: measures.times_x, y: item.h / 2 + 4, "text-anchor": "end"});
    item.node.querySelector(".hit").after(there);
  }
  if (there) there.textContent = item.time;
};
const settleFold = fold => {
  if (!fold.node) {
    at("folds").append(fold.node = drawFold(fold));
    itemOf.set(fold.node, fold);
  }
  const what = fold.isHiding ? " in which nothing is shown" : " in which nothing happens";
  const state = [fold.top, fold.h, fold.us, what].join();
  fold.node.classList.remove("gone");
  if (fold.state === state) return;
  fold.state = state;
  fold.node.setAttribute("transform", `translate(0,${fold.top})`);
  fold.node.classList.toggle("unfolded", fold.isOpen);
  fold.node.setAttribute("aria-expanded", fold.isOpen);
  fold.node.setAttribute("aria-label", `${span(fold.us)}${what}; ${fold.isOpen ? "fold" : "unfold"}`);
  fold.node.querySelector(".hit").setAttribute("height", fold.h);
  const text = fold.node.querySelector("text");
  text.setAttribute("y", fold.h / 2 + 4);
  text.firstChild.textContent = span(fold.us);
  text.lastChild.textContent = what;
  ticks(fold.node, fold.us, fold.h);
};
