// What the page can do beyond showing itself: choose, light up, fold, filter, list. It works on the
// shapes that are there; packets of unfolded groups it draws itself, as lab/report/arrows.py does.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const svg = document.getElementById("picture");
  const at = id => document.getElementById(id);
  const packets = data.packets, texts = packets.texts;
  const hosts = Object.keys(data.lanes), xs = Object.values(data.lanes);
  const FOLD = 34, GAPS = [[1e3, 0], [1e4, 4], [1e5, 10]], FOLD_US = 1e5, TOP = 14, BOTTOM = 26;
  const RAIL = 5, PACKET = 28;

  // --- elements and words

  const element = (name, attributes = {}, ...inside) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...inside);
    return made;
  };
  const html = (name, ...inside) => {
    const made = document.createElement(name);
    made.append(...inside);
    return made;
  };
  const seconds = us => (us / 1e6).toFixed(3);
  const span = us => us >= 1e8 ? `${(us / 1e6).toFixed(0)} s` : us >= 1e6 ? `${(us / 1e6).toFixed(3)} s`
    : us >= 1e4 ? `${Math.round(us / 1e3)} ms` : us >= 100 ? `${(us / 1e3).toFixed(1)} ms` : `${us} µs`;
  const number = key => Number(key.slice(1).replace(/\D+$/, ""));
  const base = key => key.replace(/[ea]$/, "");

  // --- places: every row below the one before it, with what lasts stretched between them

  const rows = () => [...svg.querySelectorAll("#rows > .row")];
  const place = () => {
    let top = TOP, before = null, shown = "";
    const tops = new Map(), folds = new Map();
    for (const fold of svg.querySelectorAll(".fold")) folds.set(fold.dataset.before, fold);
    for (const row of rows()) {
      const fold = folds.get(row.id);
      if (row.classList.contains("gone")) {
        if (fold) fold.style.display = "none";
        tops.set(row.id, top);
        continue;
      }
      const time = Number(row.dataset.t), quiet = before === null ? 0 : time - before;
      top += quiet >= FOLD_US ? foldBefore(row, fold, quiet, top) : (GAPS.find(one => quiet < one[0]) || [0, FOLD])[1];
      if (fold && quiet < FOLD_US) fold.style.display = "none";
      tops.set(row.id, top);
      row.setAttribute("transform", `translate(0,${top})`);
      shown = timeOf(row, time, shown);
      top += Number(row.dataset.h);
      before = time;
    }
    stretch(tops, top);
  };
  const timeOf = (row, us, shown) => {
    const text = seconds(us);
    let there = row.querySelector(".time");
    if (!there && text !== shown) {
      there = element("text", {class: "time", x: 56, y: Number(row.dataset.h) / 2 + 4, "text-anchor": "end"});
      row.insertBefore(there, row.querySelector(".hit").nextSibling);
    }
    if (there) there.textContent = text === shown ? "" : text;
    return text;
  };
  const foldBefore = (row, there, us, top) => {
    const fold = there || newFold(row);
    fold.style.display = "";
    const open = fold.classList.contains("unfolded");
    const height = open ? Math.max(70, Math.min(420, us / 1e3 * 0.25)) : FOLD;
    fold.dataset.ns = us * 1e3;
    fold.setAttribute("transform", `translate(0,${top})`);
    fold.querySelector(".hit").setAttribute("height", height);
    const text = fold.querySelector("text");
    text.setAttribute("y", height / 2 + 4);
    text.firstChild.textContent = span(us);
    for (const tick of fold.querySelectorAll(".tick")) tick.remove();
    if (open) ticks(fold, us, height);
    return height;
  };
  const newFold = row => {
    const zigzags = [...(svg.querySelector(".fold")?.querySelectorAll("path") || [])].map(one => one.cloneNode());
    const fold = element("g", {class: "fold", "data-before": row.id, role: "button", tabindex: -1, "aria-expanded": "false"},
      element("rect", {class: "hit", width: data.width, height: FOLD}),
      ...zigzags,
      element("text", {x: Math.floor(data.width / 2), "text-anchor": "middle"}, element("tspan"), quietWords()));
    at("folds").append(fold);
    return fold;
  };
  const quietWords = () => {
    const words = element("tspan", {class: "quiet"});
    words.textContent = " in which nothing happens";
    return words;
  };
  const ticks = (fold, us, height) => {
    const step = [1e4, 5e4, 1e5, 5e5, 1e6, 5e6, 1e7, 6e7].find(one => us / one <= 12) || us / 10;
    for (let time = step; time < us; time += step) {
      const y = time / us * height;
      fold.insertBefore(element("line", {class: "tick", x1: 60, x2: 72, y1: y, y2: y}), fold.lastChild);
    }
  };
  const stretch = (tops, bottom) => {
    const height = bottom + BOTTOM;
    svg.setAttribute("viewBox", `0 0 ${data.width} ${height}`);
    for (const lane of svg.querySelectorAll(".lane")) lane.setAttribute("y2", height - 8);
    for (const one of svg.querySelectorAll(".span")) {
      const a = at(one.dataset.a), b = at(one.dataset.b);
      const kept = a && b && !(a.classList.contains("gone") && b.classList.contains("gone")) && !one.classList.contains("gone");
      one.style.display = kept ? "" : "none";
      if (!kept) continue;
      const y1 = tops.get(a.id) + Number(one.dataset.ao), y2 = tops.get(b.id) + Number(one.dataset.bo);
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

  // --- packets of a group, drawn when they are asked for

  const drawPacket = n => {
    const fates = texts[packets.f[n]].split(" "), from = packets.s[n], to = packets.g[n];
    const row = element("g", {class: `row packet ${fates.join(" ")}`, id: `p${n}`, role: "button", tabindex: -1,
      "data-h": PACKET, "data-t": packets.t[n], "data-hosts": `${hosts[from]} ${hosts[to]}`});
    if (packets.c[n] >= 0) row.dataset.c = packets.c[n];
    row.append(element("rect", {class: "hit", width: data.width, height: PACKET}));
    row.setAttribute("aria-label", `${seconds(packets.t[n])} s: ${sentence(n)}`);
    if (from < 0 || to < 0) return row;
    const sign = xs[to] > xs[from] ? 1 : -1, x1 = xs[from] + sign * RAIL, far = xs[to] - sign * RAIL;
    const dropped = fates.includes("dropped"), held = fates.includes("held");
    const x2 = dropped ? x1 + Math.round((far - x1) * .56) : held ? x1 + Math.round((far - x1) * .8) : far;
    const y2 = fates.includes("late") ? 24 : 21, path = (cls, d) => row.append(element("path", {class: cls, d}));
    path("shaft", `M${x1} 18L${x2 - (dropped || held ? 0 : sign * 7)} ${y2}`);
    if (fates.includes("duplicated")) {
      path("shaft twin", `M${x1} 23L${x2 - sign * 7} ${y2 + 5}`);
      path("tip", `M${x2} ${y2 + 5}l${-sign * 9} -4v8z`);
    }
    if (dropped) path("cross", `M${x2 - 6} ${y2 - 6}l12 12m0 -12l-12 12`);
    else if (held) path("cross", `M${x2} ${y2 - 6}v12m4 -12v12`);
    else path("tip", `M${x2} ${y2}l${-sign * 9} -4v8z`);
    if (fates.includes("changed")) path("diamond", `M${(x1 + x2) >> 1} ${(18 + y2 >> 1) - 6}l6 6l-6 6l-6 -6z`);
    const text = element("text", {x: (x1 + far) >> 1, y: 11, "text-anchor": "middle"});
    const by = texts[packets.x[n]];
    for (const [kind, word] of [["label", packets.l[n]], ["mark", texts[packets.m[n]]], ["fate", texts[packets.w[n]]], ["by", by && data.names && `(${by})`]])
      if (word) text.append(text.childNodes.length ? " " : "", element("tspan", {class: kind}, word));
    row.append(text);
    return row;
  };
  const sentence = n => [`${hosts[packets.s[n]]} to ${hosts[packets.g[n]]}: ${packets.l[n]}`, texts[packets.m[n]],
    texts[packets.w[n]] || "delivered", texts[packets.x[n]] && `by fault ${texts[packets.x[n]]}`].filter(Boolean).join(", ");
  const openGroup = group => {
    if (group.dataset.open) return;
    const [first, last] = data.groups[group.id];
    const drawn = document.createDocumentFragment();
    for (let n = first; n <= last; n++) if (!at(`p${n}`)) drawn.append(drawPacket(n));
    group.dataset.open = drawn.childNodes.length;
    group.setAttribute("aria-expanded", "true");
    group.querySelector(".sign").firstChild.data = "\u2212 ";
    group.after(drawn);
  };
  const closeGroup = group => {
    for (let left = Number(group.dataset.open || 0); left > 0; left--) group.nextSibling.remove();
    delete group.dataset.open;
    group.setAttribute("aria-expanded", "false");
    group.querySelector(".sign").firstChild.data = "+ ";
  };
  const groupOf = n => Object.entries(data.groups).find(([, [a, b]]) => a <= n && n <= b)?.[0];

  // --- choosing: what belongs together lights up

  let chosen = "";
  const lit = key => {
    const keys = new Set([key, `${key}e`, `${key}a`, `${key}s`]);
    for (const [a, b] of data.links[key] || []) for (let n = a; n <= b; n++) keys.add(`p${n}`).add(`p${n}a`);
    if (key[0] === "p") {
      for (const [call, ranges] of Object.entries(data.links))
        if (ranges.some(([a, b]) => a <= number(key) && number(key) <= b)) keys.add(call).add(`${call}e`);
    }
    if (key[0] === "f") {
      const name = detailOf(key)[0][1];
      texts.forEach((text, id) => { if (text === name) packets.x.forEach((one, n) => one === id && keys.add(`p${n}`).add(`p${n}a`)); });
    }
    for (const [group, [a, b]] of Object.entries(data.groups))
      if (overlaps(keys, a, b)) keys.add(group);
    return keys;
  };
  const overlaps = (keys, a, b) => {
    for (let n = a; n <= b; n++) if (keys.has(`p${n}`)) return true;
    return false;
  };
  const choose = key => {
    letGo();
    chosen = base(key);
    const keys = lit(chosen);
    svg.classList.add("lighting");
    for (const row of rows()) row.classList.toggle("lit", keys.has(row.id));
    for (const one of svg.querySelectorAll(".span")) one.classList.toggle("lit", keys.has(one.dataset.for));
    for (const id of [chosen, `${chosen}e`]) at(id)?.classList.add("chosen");
    at(chosen)?.setAttribute("aria-pressed", "true");
    show(chosen, keys);
  };
  const letGo = () => {
    svg.classList.remove("lighting");
    for (const one of svg.querySelectorAll(".lit, .chosen")) {
      one.classList.remove("lit", "chosen");
      one.removeAttribute("aria-pressed");
    }
    chosen = "";
    at("detail").hidden = true;
  };
  const detailOf = key => key[0] === "p" ? packetDetail(number(key)) : data.details[key] || [];
  const packetDetail = n => {
    const way = `${hosts[packets.s[n]]} → ${hosts[packets.g[n]]}`, late = packets.d[n];
    return [["Packet", packets.l[n]], ["Way", way], ["Fate", texts[packets.w[n]] || "delivered"],
      ["Fault", texts[packets.x[n]]], ["Mark", texts[packets.m[n]]], ["At the wire", `${seconds(packets.t[n])} s`],
      ["Delivered", late < 0 ? "never" : `${span(late)} later`], ["In the capture's words", texts[packets.k[n]]],
      ["Connection", packets.c[n] < 0 ? "" : data.connections[packets.c[n]]]];
  };
  const show = (key, keys) => {
    const list = html("dl");
    for (const [term, text] of detailOf(key)) if (text) list.append(html("dt", term), html("dd", text));
    at("detail").replaceChildren(list);
    at("detail").hidden = !list.childNodes.length;
  };

  const hint = row => {
    if (!row || row.querySelector("title") || row.classList.contains("arrival") || row.classList.contains("group")) return;
    const lines = detailOf(base(row.id)).filter(([, text]) => text).map(([term, text]) => `${term}: ${text}`);
    if (lines.length) row.prepend(element("title", {}, lines.join("\n")));
  };

  // --- hands: mouse, touch and keys

  const act = one => {
    if (one.classList.contains("fold")) {
      const open = one.classList.toggle("unfolded");
      one.setAttribute("aria-expanded", open);
      place();
    } else if (one.classList.contains("group")) {
      if (!data.groups[one.id]) return;
      one.dataset.open ? closeGroup(one) : openGroup(one);
      filter();
    } else if (chosen === base(one.id)) letGo();
    else choose(one.id);
  };
  const topOf = one => Number(one.getAttribute("transform").match(/,([-\d.]+)/)[1]);
  const stops = () => [...svg.querySelectorAll(".row:not(.gone):not(.arrival), .fold")]
    .filter(one => one.style.display !== "none").sort((a, b) => topOf(a) - topOf(b));
  const stop = one => {
    for (const other of svg.querySelectorAll("[tabindex='0']")) other.setAttribute("tabindex", -1);
    one.setAttribute("tabindex", 0);
    one.focus({preventScroll: true});
    one.scrollIntoView({block: "nearest"});
  };
  const keys = event => {
    const there = stops(), here = there.indexOf(document.activeElement);
    const to = {ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: there.length - 1}[event.key];
    if (to !== undefined && there[to]) stop(there[to]);
    else if ((event.key === "Enter" || event.key === " ") && here >= 0) act(there[here]);
    else return;
    event.preventDefault();
  };

  // --- filters

  const filter = () => {
    const form = at("filters"), off = name => new Set([...form.querySelectorAll(`[name=${name}]:not(:checked)`)].map(one => one.value));
    const hostsOff = off("host"), kindsOff = off("kind"), connection = form.elements.connection?.value || "";
    const kindOf = row => row.classList.contains("group") || row.classList.contains("arrival") ? "packet" : row.classList[1].split("-")[0];
    for (const row of rows()) {
      const those = row.dataset.hosts.split(" ").filter(Boolean), isGroup = row.classList.contains("group");
      const gone = kindsOff.has(kindOf(row)) || those.some(host => hostsOff.has(host))
        || (connection !== "" && row.dataset.c !== connection && (row.dataset.c !== undefined || kindOf(row) === "packet")
          && !(isGroup && inGroup(row.id, Number(connection))));
      row.classList.toggle("gone", gone);
    }
    for (const one of svg.querySelectorAll(".span")) one.classList.toggle("gone", at(one.dataset.for)?.classList.contains("gone") ?? true);
    place();
  };
  const inGroup = (group, connection) => {
    const [a, b] = data.groups[group] || [0, -1];
    for (let n = a; n <= b; n++) if (packets.c[n] === connection) return true;
    return false;
  };

  // --- the rest

  const listAll = () => {
    const body = at("facts").querySelector("tbody"), made = document.createDocumentFragment();
    for (let n = Number(at("more").dataset.from); n < packets.t.length; n++) {
      const row = html("tr");
      for (const text of [seconds(packets.t[n]), "packet", `${hosts[packets.s[n]]} → ${hosts[packets.g[n]]}`,
        [packets.l[n], texts[packets.m[n]]].filter(Boolean).join(", "), texts[packets.w[n]] || "delivered"]) row.append(html("td", text));
      made.append(row);
    }
    body.append(made);
    at("more").hidden = true;
  };
  const unfoldAll = button => {
    const open = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", open);
    button.textContent = open ? "Fold all" : "Unfold all";
    for (const group of svg.querySelectorAll(".row.group")) if (data.groups[group.id]) open ? openGroup(group) : closeGroup(group);
    for (const fold of svg.querySelectorAll(".fold")) fold.classList.toggle("unfolded", open);
    filter();
  };
  const copy = async button => {
    try { await navigator.clipboard.writeText(at("command").textContent); button.textContent = "Copied"; }
    catch { getSelection().selectAllChildren(at("command")); }
  };

  if (svg) {
    svg.addEventListener("click", event => {
      const one = event.target.closest(".row, .fold"), bar = event.target.closest(".span.bar, .span.shade");
      if (one && !one.classList.contains("arrival")) act(one);
      else if (bar && at(bar.dataset.for)) act(at(bar.dataset.for));
      else letGo();
    });
    svg.addEventListener("keydown", keys);
    svg.addEventListener("pointerover", event => hint(event.target.closest(".row")));
    addEventListener("keydown", event => { if (event.key === "Escape") letGo(); });
    const first = stops()[0];
    if (first) first.setAttribute("tabindex", 0);
    at("filters").hidden = false;
    at("filters").addEventListener("change", filter);
    at("unfold").hidden = !svg.querySelector(".fold, .row.group");
    at("unfold").addEventListener("click", event => unfoldAll(event.target));
  }
  const button = at("copy"), more = at("more");
  if (button) { button.hidden = false; button.addEventListener("click", () => copy(button)); }
  if (more) { more.hidden = false; more.addEventListener("click", listAll); }
})();
