// Brings a part of the page to what the server has drawn now, touching nothing that has not changed.
// What has the focus or is selected stays, and rows stay where they are while somebody points at them.
const KEPT = "[data-keep], [data-sent], [data-asking]"; // what only this page knows; a form on its way
const OURS = ["open", "data-asked", "data-back", "data-here"]; // what the person, or a script, has set
const RESTS = 3000; // milliseconds without a move, and a hand rests
let pointed = null, movedAt = 0, held = false;

document.addEventListener("pointermove", (event) => { pointed = event.target; movedAt = Date.now(); }, { passive: true });

// Morphs `old` into `fresh`; whether that was all, or something is left as it was for now.
portal.morph = (old, fresh) => {
  held = false;
  change(old, fresh);
  return !held;
};

const isSelected = (node) => !getSelection().isCollapsed && getSelection().containsNode(node, true);
const isInUse = (node) => node.contains(document.activeElement) || isSelected(node);
const isUnderTheHand = (node) =>
  node.matches("table.list, table.list tbody") && node.contains(pointed) && Date.now() - movedAt < RESTS;
const isSolid = (node) => node.nodeType === Node.ELEMENT_NODE || (node.nodeType === Node.TEXT_NODE && node.data.trim());
// What a node is called: its id, or where its row leads.
const nameOf = (node) => node.id
  || (/^T(R|BODY)$/.test(node.nodeName) && node.querySelector("a.go")?.getAttribute("href")) || "";
const isAlike = (a, b) => a.nodeName === b.nodeName && !nameOf(a) && !nameOf(b)
  && ["action", "name", "data-live"].every((name) => a.getAttribute?.(name) === b.getAttribute?.(name));

function change(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (isSelected(old)) held = true;
    else old.data = fresh.data;
  } else if (!old.matches(KEPT)) {
    changeAttributes(old, fresh);
    changeChildren(old, fresh);
  }
}

function changeAttributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !OURS.includes(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
}

function changeChildren(old, fresh) {
  const wanted = [...fresh.childNodes].filter(isSolid), standing = isUnderTheHand(old);
  const names = new Set(wanted.map(nameOf));
  let left = [...old.childNodes].filter(isSolid); // those that have not found their place yet

  function drop(node) {
    left = left.filter((one) => one !== node);
    if (standing || isInUse(node)) held = true;
    else node.remove();
  }
  left.filter((node) => nameOf(node) && !names.has(nameOf(node))).forEach(drop);

  wanted.forEach((next, place) => {
    const later = wanted.slice(place + 1), same = nodeOf(next, left, later);
    if (!same) {
      if (standing) held = true;
      else put(document.importNode(next, true));
      return;
    }
    const passed = left.slice(0, left.indexOf(same));
    passed.filter((node) => !nameOf(node) && !later.some((one) => one.isEqualNode(node))).forEach(drop);
    if (same !== left[0]) {
      if (standing || isInUse(same)) held = true;
      else put(same);
    }
    left = left.filter((one) => one !== same);
    change(same, next);
  });
  left.forEach(drop);

  function put(node) {
    old.insertBefore(node, left[0]);
    node.before(" "); // words that meet would be one
    node.after(" ");
  }
}

// Of those left, the one that is drawn as `next` by now: of its name; the very same; or else the first, if of its kind.
function nodeOf(next, left, later) {
  if (nameOf(next)) return left.find((node) => nameOf(node) === nameOf(next));
  const equal = left.find((node) => !nameOf(node) && node.isEqualNode(next));
  if (equal || !left[0] || !isAlike(left[0], next)) return equal;
  return later.some((one) => one.isEqualNode(left[0])) ? undefined : left[0];
}
