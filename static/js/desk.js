// What the pages need beyond HTML: copying, one key, and asking for news while nobody is in the middle of something.
"use strict";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.classList.add("done");
  setTimeout(() => button.classList.remove("done"), 1200);
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    document.querySelector("#search")?.focus();
  }
});

// What moves is refreshed in place every five seconds, unless the page is hidden, or the focus or selected text is in it.
setInterval(() => {
  if (document.hidden) return;
  for (const live of document.querySelectorAll("[data-live]")) {
    if (!isInUse(live)) window.htmx?.trigger(live, "news");
  }
}, 5000);

function isInUse(live) {
  const selected = document.getSelection();
  return live.contains(document.activeElement) || (!selected.isCollapsed && selected.containsNode(live, true));
}
// What a page asks because somebody looks at it, it does not ask while nobody does.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.detail.elt.matches("[data-while-seen]")) event.preventDefault();
});

// The way back to a list leads to it as one left it, filtered and paged; kept in this tab alone.
if (document.querySelector("[data-list]")) sessionStorage.setItem(`list ${location.pathname}`, location.search);
for (const press of ["click", "auxclick"]) {
  document.addEventListener(press, (event) => {
    const link = event.target.closest("a[data-to-list]");
    if (link) link.search = sessionStorage.getItem(`list ${link.pathname}`) ?? "";
  }, true);
}

// A form that acts is sent once: its button keeps its place and says what it is doing.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-once]");
  if (!form) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  const pressed = event.submitter;
  if (pressed?.dataset.busy) setTimeout(() => { pressed.textContent = pressed.dataset.busy; pressed.disabled = true; });
});
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
