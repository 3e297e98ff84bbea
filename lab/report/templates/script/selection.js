// Choosing: what belongs together lights up, and its details stand beside the picture.
let chosen = "", litKeys = null;

const overlaps = (keys, {packets: [first, last], calls}) => {
  for (let n = first; n <= last; n++) if (isHere(n) && keys.has(`p${n}`)) return true;
  return calls.some(call => keys.has(call.id));
};
const lit = key => {
  const keys = new Set([key, `${key}e`, `${key}a`, `${key}s`, `${key}t`]);
  for (const [a, b] of data.links[key] || []) for (let n = a; n <= b; n++) if (isHere(n)) keys.add(`p${n}`).add(`p${n}a`);
  if (key[0] === "y") for (const call of data.groups[key]?.calls || []) keys.add(call.id);
  if (key[0] === "p") {
    for (const [call, ranges] of Object.entries(data.links))
      if (ranges.some(([a, b]) => a <= number(key) && number(key) <= b)) keys.add(call).add(`${call}e`);
  }
  for (const [fault, calls] of Object.entries(data.acted)) {
    if (fault === key) for (const call of calls) keys.add(call).add(`${call}e`);
    if (calls.includes(key)) keys.add(fault).add(`${fault}e`);
  }
  if (key[0] === "f") {
    const name = detailOf(key)[0][1], its = new Set(texts.flatMap((text, one) => text.split("\n").includes(name) ? [one] : []));
    packets.x.forEach((one, n) => its.has(one) && keys.add(`p${n}`).add(`p${n}a`));
  }
  for (const [group, them] of Object.entries(data.groups)) if (overlaps(keys, them)) keys.add(group);
  return keys;
};
const light = row => {
  row.classList.toggle("lit", Boolean(litKeys?.has(row.id)));
  const isChosen = chosen !== "" && (row.id === chosen || row.id === `${chosen}e`);
  row.classList.toggle("chosen", isChosen);
  if (isChosen && row.id === chosen) row.setAttribute("aria-pressed", "true");
  else row.removeAttribute("aria-pressed");
};
const lightAll = () => {
  svg.classList.toggle("lighting", litKeys !== null);
  for (const item of items) if (item.node) light(item.node);
  for (const one of svg.querySelectorAll(".span")) one.classList.toggle("lit", Boolean(litKeys?.has(one.dataset.for)));
};
const choose = item => {
  chosen = base(item.id);
  litKeys = lit(chosen);
  lightAll();
  show(chosen);
  if (getComputedStyle(at("detail")).position !== "fixed") return;
  // On a small screen the details lie on the picture, and must not cover what they are about.
  document.documentElement.style.scrollPaddingBottom = `${at("detail").offsetHeight + 24}px`;
  item.node.scrollIntoView({block: "nearest", inline: "nearest"});
};
const letGo = () => {
  [chosen, litKeys] = ["", null];
  lightAll();
  at("detail").hidden = true;
  document.documentElement.style.scrollPaddingBottom = "";
};

const detailOf = key => key[0] === "p" ? packetDetail(number(key)) : data.details[key] || [];
const packetDetail = n => {
  const late = packets.d[n];
  return [["Packet", packets.l[n]], ["Way", wayOf(n)], ["Fate", fateOf(n)],
    ["Fault", faultOf(n)], ["Mark", texts[packets.m[n]]], ["At the wire", `${seconds(packets.t[n])} s`],
    ["Delivered", late < 0 ? "never" : `${span(late)} later`], ["In the capture's words", commentOf(n)],
    ["Connection", packets.c[n] < 0 ? "" : data.connections[packets.c[n]]]];
};
const show = key => {
  const list = html("dl"), close = html("button", "\u00d7");
  for (const [term, text] of detailOf(key)) if (text) list.append(html("dt", term), html("dd", text));
  Object.assign(close, {type: "button", className: "close", title: "Close (Esc)", onclick: letGo});
  close.setAttribute("aria-label", "Close");
  at("detail").replaceChildren(close, list);
  at("detail").hidden = !list.childNodes.length;
};
const hint = row => {
  if (!row || row.querySelector("title") || ["arrival", "group", "transfer"].some(kind => row.classList.contains(kind))) return;
  const lines = detailOf(base(row.id)).filter(([, text]) => text).map(([term, text]) => `${term}: ${text}`);
  if (lines.length) row.prepend(element("title", {}, lines.join("\n")));
};
