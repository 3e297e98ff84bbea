// What all parts of the script use: the data, elements, words. The parts are one script, in the
// order of page.py; what they work on is the page as it is, and packets that are only in the data.
const data = JSON.parse(document.getElementById("data").textContent);
const svg = document.getElementById("picture");
const at = id => document.getElementById(id);
// Lists by the packets' numbers; of a great many packets not all are there.
const spread = columns => {
  const {ranges, texts, ...lists} = columns, isWhole = !ranges.length || ranges.length === 1 && ranges[0][0] === 0;
  for (const name of isWhole ? [] : Object.keys(lists)) {
    const list = [];
    let next = 0;
    for (const [a, b] of ranges) for (let n = a; n <= b; n++) list[n] = lists[name][next++];
    lists[name] = list;
  }
  return {...lists, ranges, texts};
};
const packets = spread(data.packets), texts = packets.texts, measures = data.measures;
const isHere = n => packets.t[n] !== undefined;
const hosts = Object.keys(data.lanes), xs = Object.values(data.lanes);

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
const span = us => us >= 1e8 ? `${(us / 1e6).toFixed(0)} s` : us >= 999500 ? `${(us / 1e6).toFixed(3)} s`
  : us >= 1e4 ? `${Math.round(us / 1e3)} ms` : us >= 100 ? `${(us / 1e3).toFixed(1)} ms` : `${us} µs`;
const number = key => Number(key.slice(1).replace(/\D+$/, ""));
const base = key => key.replace(/[ea]$/, "");
const hostOf = index => index < 0 ? "" : hosts[index];
const wayOf = n => `${hostOf(packets.s[n])} → ${hostOf(packets.g[n])}`;
const commentOf = n => {
  const numbers = packets.v[n].split(" ");
  return texts[packets.k[n]].replace(/\0/g, () => numbers.shift());
};
const fateOf = n => texts[packets.w[n]] || "delivered";
const faultsOf = n => texts[packets.x[n]] ? texts[packets.x[n]].split("\n") : [];
const faultOf = n => faultsOf(n).join(", ");
