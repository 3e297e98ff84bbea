// Groups, and what is left out.
const heightOf = n => measures.packet + measures.line * (data.wrapped[n]?.some(([kind]) => kind.endsWith(" below")) ? 1 : 0);
const membersOf = group => {
  if (group.members) return group.members;
  const {packets: [first, last], calls} = data.groups[group.id];
  const blank = {gone: false, isOwn: false, node: null, fold: null, group, top: 0, time: ""};
  group.members = calls.map(call => ({...blank, id: call.id, t: call.t, h: measures.call, kind: call.kind,
    hosts: [call.host], c: call.c, call}));
  for (let n = first; n <= last; n++)
    group.members.push({...blank, id: `p${n}`, t: packets.t[n], h: heightOf(n), kind: "packet",
      hosts: [hostOf(packets.s[n]), hostOf(packets.g[n])], c: packets.c[n] < 0 ? null : packets.c[n], n});
  return group.members.sort((a, b) => a.t - b.t);
};
const isGroup = item => item.kind === "group" && item.id in data.groups;
const openGroup = (group, isOpen) => {
  if (Boolean(group.isOpen) === isOpen) return;
  group.isOpen = isOpen;
  group.node.setAttribute("aria-expanded", isOpen);
  group.node.querySelector(".sign").firstChild.data = isOpen ? "\u2212 " : "+ ";
  const members = membersOf(group), from = items.indexOf(group) + 1;
  if (isOpen) items.splice(from, 0, ...members);
  else {
    items.splice(from, members.length);
    for (const one of members) {
      if (one !== current) one.node = one.node?.remove() || null;
      one.fold?.node?.remove();
      one.fold = null;
    }
  }
};
const shut = item => { // a row that had the focus until now
  if (item?.group && !item.group.isOpen) item.node = item.node?.remove() || null;
};

// What faults touched: the faults, packets that they acted on, and the calls that felt it.
const touched = new Set(data.touched);
const isTouched = item => item.kind.startsWith("fault") || touched.has(base(item.id)) || item.id[0] === "p" && isPacketTouched(number(item.id));
const isPacketTouched = n => Boolean(texts[packets.x[n]]) || texts[packets.f[n]] !== "delivered";

const filter = () => {
  const form = at("filters"), off = name => new Set([...form.querySelectorAll(`[name=${name}]:not(:checked)`)].map(one => one.value));
  const hostsOff = off("host"), kindsOff = off("kind"), chosen = form.elements.connection?.value || "";
  const kindOf = item => item.kind === "arrival" ? "packet" : item.kind.split("-")[0];
  const isElsewhere = item => chosen !== "" && (item.c === null ? kindOf(item) === "packet" : item.c !== Number(chosen));
  const isOnlyTouched = Boolean(form.elements.touched?.checked);
  const isGone = item => isOnlyTouched && !isTouched(item) || kindsOff.has(kindOf(item)) || item.hosts.some(host => hostsOff.has(host)) || isElsewhere(item);
  for (const item of items) item.gone = isGroup(item) ? membersOf(item).every(isGone) : isGone(item);
  place();
};

const unfoldAll = button => {
  allOpen = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", allOpen);
  button.textContent = allOpen ? "Fold all" : "Unfold all";
  const before = current;
  for (const item of items.filter(isGroup)) openGroup(item, allOpen);
  for (const item of items) if (item.fold) item.fold.isOpen = allOpen;
  filter();
  shut(before);
};
