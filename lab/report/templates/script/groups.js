// Groups, and what is left out.
const heightOf = n => measures.packet + measures.line * (data.wrapped[n]?.some(([kind]) => kind.endsWith(" below")) ? 1 : 0);
const membersOf = group => {
  if (group.members) return group.members;
  const {packets: [first, last], calls, rows} = data.groups[group.id];
  const blank = {gone: false, isOwn: false, node: null, fold: null, group, top: 0, time: ""};
  const packet = n => ({...blank, id: `p${n}`, t: packets.t[n], h: heightOf(n), kind: "packet",
    hosts: [hostOf(packets.s[n]), hostOf(packets.g[n])], c: packets.c[n] < 0 ? null : packets.c[n], n});
  const call = one => ({...blank, id: one.id, t: one.t, h: one.bar ? measures.traced : measures.call, kind: one.kind,
    hosts: [one.host], c: one.c, caller: one.caller, call: one});
  const part = one => typeof one === "number" ? packet(one) : one.box === undefined ? call(one)
    : {...blank, id: one.id, t: one.t, until: one.until, h: one.h, kind: one.kind, hosts: one.hosts, c: null, box: one};
  group.members = rows ? rows.map(part) : calls.map(call);
  if (!rows) for (let n = first; n <= last; n++) if (isHere(n)) group.members.push(packet(n));
  return group.members.sort((a, b) => a.t - b.t);
};
const isGroup = item => item.id in data.groups;
// Folded calls stand in the order of time, among what came between them.
const isFolded = item => item.kind.startsWith("traced");
const merge = (members, from) => {
  for (const one of members) {
    while (from < items.length && items[from].t <= one.t) from++;
    items.splice(from++, 0, one);
  }
};
const openGroup = (group, isOpen) => {
  if (Boolean(group.isOpen) === isOpen) return;
  const members = membersOf(group), from = items.indexOf(group) + 1;
  if (!isOpen) for (const one of members) if (isGroup(one)) openGroup(one, false);
  group.isOpen = isOpen;
  if (group.node) showOpen(group);
  if (isOpen && isFolded(group)) merge(members, from);
  else if (isOpen) items.splice(from, 0, ...members);
  else {
    if (isFolded(group)) for (let n = items.length - 1; n >= from; n--) { if (items[n].group === group) items.splice(n, 1); }
    else items.splice(from, members.length);
    for (const one of members) {
      if (one !== current) one.node = one.node?.remove() || null;
      one.fold?.node?.remove();
      one.fold = null;
    }
  }
};
const showOpen = group => {
  group.node.setAttribute("aria-expanded", Boolean(group.isOpen));
  const sign = group.node.querySelector(".sign").firstChild;
  sign.data = (group.isOpen ? "\u2212" : "+") + sign.data.slice(1);
};
const isShut = item => item.group && (!item.group.isOpen || isShut(item.group));
const shut = item => { // a row that had the focus until now
  if (item && isShut(item)) item.node = item.node?.remove() || null;
};

// What faults touched: the faults, packets that they acted on, and the calls that felt it.
const touched = new Set(data.touched);
const isTouched = item => item.kind.startsWith("fault") || touched.has(base(item.id)) || item.id[0] === "p" && isPacketTouched(number(item.id));
const isPacketTouched = n => Boolean(texts[packets.x[n]]) || texts[packets.f[n]] !== "delivered";

const filter = () => {
  const form = at("filters"), off = name => new Set([...form.querySelectorAll(`[name=${name}]:not(:checked)`)].map(one => one.value));
  const hostsOff = off("host"), kindsOff = off("kind"), chosen = form.elements.connection?.value || "";
  const kindOf = item => item.kind === "arrival" ? "packet" : item.kind.split("-")[0];
  const isElsewhere = item => chosen !== "" && (item.c === null ? ["packet", "traced"].includes(kindOf(item)) : item.c !== Number(chosen));
  const [which, ...who] = (form.elements.caller?.value || "").split(" "), descriptor = form.elements.descriptor?.value || "";
  const isOther = item => Boolean(item.caller) && (which !== "" && item.caller[which] !== who.join(" ") || descriptor !== "" && item.caller[2] !== descriptor);
  const isOnlyTouched = Boolean(form.elements.touched?.checked);
  const isGone = item => isOnlyTouched && !isTouched(item) || kindsOff.has(kindOf(item)) || item.hosts.some(host => hostsOff.has(host)) || isElsewhere(item) || isOther(item);
  // A group is there as long as something in it is; of one whose packets are not here that is not known.
  const isAllGone = item => !isGroup(item) ? isGone(item)
    : membersOf(item).length ? membersOf(item).every(isAllGone) : isFolded(item) ? isGone(item) : isGone({...item, kind: "packet", id: "p", c: -1});
  for (const item of items) item.gone = isAllGone(item);
  const folds = new Map(items.filter(item => isFolded(item) && isGroup(item)).map(item => [`${item.id}e`, item]));
  for (const item of items) item.gone = folds.get(item.id)?.gone ?? item.gone; // its end goes with it
  place();
};

const unfoldAll = button => {
  allOpen = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", allOpen);
  button.textContent = allOpen ? "Fold all" : "Unfold all";
  const before = current;
  for (let n = 0; n < items.length; n++) if (isGroup(items[n])) openGroup(items[n], allOpen); // and what is in it
  for (const item of items) if (item.fold) item.fold.isOpen = allOpen;
  filter();
  shut(before);
};
