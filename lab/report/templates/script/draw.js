// Draws what stands in groups, as the page's own rows are drawn (arrows.py, shapes.html); a test
// compares the two.
const rowOf = (item, classes, height) => {
  const row = element("g", {class: `row ${classes}`, id: item.id, role: "button", tabindex: -1,
    "data-h": height, "data-t": item.t, "data-hosts": item.hosts.join(" ")});
  if (item.c !== null) row.dataset.c = item.c;
  row.append(element("rect", {class: "hit", width: data.width, height}));
  return row;
};

const wordsAt = (x, y, anchor, parts) => {
  const text = element("text", {x, y, "text-anchor": anchor});
  for (const [kind, word] of parts)
    if (word) text.append(text.childNodes.length ? " " : "",
      element("tspan", kind.endsWith(" below") ? {class: kind, x, dy: measures.line} : {class: kind}, word));
  return text;
};

const drawPacket = item => {
  const n = item.n, fates = texts[packets.f[n]].split(" "), from = packets.s[n], to = packets.g[n];
  const row = rowOf(item, `packet ${fates.join(" ")}`, item.h);
  row.setAttribute("aria-label", `${seconds(item.t)} s: ${sentence(n)}`);
  if (from < 0 || to < 0) return row;
  const [side, loopX, loopAnchor] = data.loops[from], lower = item.h - measures.packet;
  if (from === to) loop(row, fates, xs[from], side, lower); else arrow(row, fates, xs[from], xs[to], lower);
  const by = data.names && faultOf(n) ? `(${faultOf(n)})` : "";
  const [x, anchor] = from === to ? [loopX, loopAnchor] : [data.gaps[from][to > from ? 1 : 0], "middle"];
  row.append(wordsAt(x, measures.text_y, anchor, data.wrapped[n] ||
    [["label", packets.l[n]], ["mark", texts[packets.m[n]]], ["fate", texts[packets.w[n]]], ["by", by]]));
  return row;
};

const arrow = (row, fates, from, to, lower) => {
  const is = fate => fates.includes(fate), path = (cls, d) => row.append(element("path", {class: cls, d}));
  const sign = to > from ? 1 : -1, x1 = from + sign * measures.rail, far = to - sign * measures.rail;
  const part = is("dropped") ? measures.lost_at : is("held") ? measures.held_at : 1;
  const x2 = x1 + Math.round((far - x1) * part);
  const y1 = measures.begin_y + lower, y2 = (part === 1 && is("late") ? measures.late_y : measures.end_y) + lower;
  path("shaft", `M${x1} ${y1}L${x2 - (part === 1 ? sign * 7 : 0)} ${y2}`);
  if (is("duplicate")) {
    path("shaft twin", `M${x1} ${y1 + 5}L${x2 - sign * 7} ${y2 + 5}`);
    path("tip", `M${x2} ${y2 + 5}l${-sign * 9} -4v8z`);
  }
  if (is("dropped")) path("cross", `M${x2 - 6} ${y2 - 6}l12 12m0 -12l-12 12`);
  else if (is("held")) path("cross", `M${x2} ${y2 - 6}v12m4 -12v12`);
  else path("tip", `M${x2} ${y2}l${-sign * 9} -4v8z`);
  if (is("changed")) path("diamond", `M${(x1 + x2) >> 1} ${(y1 + y2 >> 1) - 6}l6 6l-6 6l-6 -6z`);
};

const loop = (row, fates, from, side, lower) => {
  const is = fate => fates.includes(fate), path = (cls, d) => row.append(element("path", {class: cls, d}));
  const x = from + side * measures.rail, turn = x + side * measures.loop, y1 = measures.loop_y + lower;
  const y2 = (is("late") ? measures.late_y : measures.end_y) + lower, lost = is("dropped"), held = is("held");
  path("shaft", lost || held ? `M${x} ${y1}H${turn}` : `M${x} ${y1}H${turn}V${y2}H${x + side * 7}`);
  if (is("duplicate")) {
    path("shaft twin", `M${turn} ${y2}V${y2 + 5}H${x + side * 7}`);
    path("tip", `M${x} ${y2 + 5}l${side * 9} -4v8z`);
  }
  if (lost) path("cross", `M${turn - 6} ${y1 - 6}l12 12m0 -12l-12 12`);
  else if (held) path("cross", `M${turn} ${y1 - 6}v12m4 -12v12`);
  else path("tip", `M${x} ${y2}l${side * 9} -4v8z`);
  if (is("changed")) path("diamond", `M${turn} ${(y1 + y2 >> 1) - 6}l6 6l-6 6l-6 -6z`);
};

const sentence = n => [`${hostOf(packets.s[n])} to ${hostOf(packets.g[n])}: ${packets.l[n]}`,
  texts[packets.m[n]], fateOf(n), faultOf(n) && `by fault ${faultOf(n)}`].filter(Boolean).join(", ");

const drawCall = item => {
  const host = hosts.indexOf(item.hosts[0]), call = item.call, half = measures.bar / 2;
  const [x1, x2, kind] = call.bar || [xs[host] - half, xs[host] + half, "bar"], free = call.bar ? measures.traced_free : measures.bar_free;
  const row = rowOf(item, kind.includes("local") ? `${call.kind} local` : call.kind, item.h);
  row.setAttribute("aria-label", `${seconds(item.t)} s: ${item.hosts[0]}: ${call.whole}`);
  if (host < 0) return row;
  const [x, anchor] = data.labels[host];
  row.append(wordsAt(x, item.h / 2 + 4, anchor, call.parts), element("rect", {class: kind, rx: 3,
    x: x1, y: free, width: x2 - x1, height: item.h - 2 * free}));
  return row;
};

const drawGroup = item => {
  const {box, text: [x, y, parts], said} = item.box, row = rowOf(item, "group", item.h), h = item.h;
  row.setAttribute("aria-label", said);
  if (box) {
    const left = Math.min(...box), wide = Math.abs(box[1] - box[0]);
    row.append(element("path", {class: "pile", d: `M${left + 10} 4h${wide - 20}M${left + 10} ${h - 4}h${wide - 20}`}),
      element("rect", {class: "pile", x: left + 4, y: 7, width: wide - 8, height: h - 14, rx: 5}));
  }
  row.append(wordsAt(x, y, "middle", parts));
  return row;
};

const drawFold = fold => {
  const zigzag = `M66 14${"l10 6l10 -6".repeat((data.width - 78) / 20)}`;
  return element("g", {class: "fold", role: "button", tabindex: -1, "aria-expanded": "false"},
    element("rect", {class: "hit", width: data.width, height: measures.fold}),
    element("path", {class: "edge", d: zigzag}), element("path", {class: "zigzag", d: zigzag}),
    element("text", {x: Math.floor(data.width / 2), "text-anchor": "middle"},
      element("tspan"), element("tspan", {class: "quiet"})));
};

const ticks = (fold, us, height) => {
  for (const tick of fold.querySelectorAll(".tick")) tick.remove();
  if (height === measures.fold) return;
  const step = [1e4, 5e4, 1e5, 5e5, 1e6, 5e6, 1e7, 6e7].find(one => us / one <= 12) || us / 10;
  for (let time = step; time < us; time += step) {
    const y = time / us * height;
    fold.insertBefore(element("line", {class: "tick", x1: 60, x2: 72, y1: y, y2: y}), fold.lastChild);
  }
};
