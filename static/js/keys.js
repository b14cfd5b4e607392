// Keys, for who has not switched them off (`/keys/`); never while somebody types, never with a modifier.
const PAIR = 1500; // milliseconds between the two keys of a pair
const TYPED = "input:not([type=checkbox], [type=radio], [type=submit]), select, textarea, [contenteditable]";
const page = document.querySelector("[data-keys]"); // where they are switched off, and what says that they are
let gone = 0, place = 0; // when g was pressed; the row that was marked last

const find = (selector) => [...document.querySelectorAll(selector)].find((one) => one.checkVisibility());
const follow = (selector) => find(selector)?.click();
const KEYS = {
  "/": () => find("#search")?.focus(),
  "?": () => page.click(),
  g: () => { gone = Date.now(); },
  j: () => mark(1),
  k: () => mark(-1),
  x: () => document.activeElement.closest("tr, tbody")?.querySelector("[type=checkbox]")?.click(),
  "[": () => follow("main a[rel=prev]"),
  "]": () => follow("main a[rel=next]"),
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (page?.dataset.keys !== "on" || document.querySelector("dialog[open]")) return;
  if (event.target.closest(TYPED)) return;
  const act = Date.now() - gone < PAIR ? () => goTo(event.key) : KEYS[event.key] ?? actOf(event.key);
  gone = 0;
  if (!act) return;
  event.preventDefault();
  act();
});

// What the page itself has for a key: a field is gone to, whatever else is pressed.
function actOf(key) {
  const one = find(`[data-key="${CSS.escape(key)}"]`);
  return one && (() => (one.matches(TYPED) ? one.focus() : one.click()));
}

// g and a letter: the first page on the rail that begins with it.
function goTo(letter) {
  [...document.querySelectorAll(".rail a")].find((link) => link.textContent.trim().toLowerCase().startsWith(letter))?.click();
}

// The next row or the one before is marked by having its link in focus, so that Enter opens it.
function mark(step) {
  const links = [...document.querySelectorAll("main a.go")].filter((link) => link.checkVisibility());
  const now = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
  place = Math.min(Math.max(now < 0 ? place : now + step, 0), links.length - 1);
  links[place]?.focus();
  if (place < 0) place = 0;
}
