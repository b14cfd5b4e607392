// Parts of a page that the server may draw anew (`data-live`: at what address, the page's own where it names none) ask
// for it while somebody looks; what comes is morphed in. A part that nobody answers for is said to be old.
const EVERY = 8, OLD = 30_000; // seconds between questions; milliseconds
const parts = new Map(); // id -> { mark, next, busy, heard, unanswered }
let turn = 0; // goes up when a form has changed the page: what was asked before is out of date

function tick() {
  if (document.hidden) return;
  const now = Date.now();
  for (const part of document.querySelectorAll("[data-live]")) {
    const every = Number(part.dataset.every || EVERY) * 1000;
    if (!parts.has(part.id)) parts.set(part.id, { next: now + every, heard: now });
    const state = parts.get(part.id);
    state.next = Math.min(state.next, now + every);
    if (!state.busy && now >= state.next) ask(part, Object.assign(state, { busy: true, next: now + every }));
  }
  sayWhatIsOld();
}

async function ask(part, state) {
  const asked = turn, headers = state.mark && { "If-None-Match": state.mark };
  state.unanswered ??= Date.now();
  const answer = await portal.ask(part.dataset.live || location.pathname + location.search, { headers, redirect: "manual" });
  const text = await answer?.text().catch(() => null), status = text == null ? 0 : answer.status;
  state.busy = false;
  if (![200, 204, 304, 401].includes(status)) return; // that is no answer: an error, a way to elsewhere
  Object.assign(state, { heard: Date.now(), unanswered: null });
  sayWhatIsOld();
  portal.hear(status, text);
  if (status === 200 && asked === turn) state.mark = draw(part.id, text) ? answer.headers.get("ETag") : null;
}

// Draws a part and what moves on every page; whether all of it could be drawn.
function draw(id, text) {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value; // each drawing has another, as good
  for (const field of fresh.querySelectorAll("[name=csrfmiddlewaretoken]")) field.setAttribute("value", token);
  portal.age(fresh);
  let whole = true;
  for (const one of fresh.querySelectorAll(`#${CSS.escape(id)}, [data-piece]`)) {
    const old = document.getElementById(one.id);
    if (!old) continue;
    whole = portal.morph(old, one) && whole;
    window.htmx?.process(old);
  }
  return whole;
}

function sayWhatIsOld() {
  const strip = document.querySelector("#not-live"), now = Date.now();
  const old = [...parts.values()].filter(({ unanswered }) => unanswered && now - unanswered >= OLD);
  if (!strip || !old.length) return void strip?.setAttribute("hidden", "");
  const heard = new Date(Math.min(...old.map((state) => state.heard)));
  const clock = heard.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Kolkata" });
  const words = `${strip.dataset.words} ${clock}`;
  if (strip.textContent !== words) strip.textContent = words;
  strip.hidden = false;
}

// A page that somebody comes back to asks at once.
document.addEventListener("visibilitychange", () => {
  for (const state of parts.values()) Object.assign(state, { next: 0, unanswered: null });
  tick();
});
setInterval(tick, 1000);
tick();

// A form that changes only its own part (`data-in-place`: what has the focus then) is sent without leaving the page.
document.addEventListener("submit", async (event) => {
  const form = event.target, part = form.closest("[data-live]");
  if (event.defaultPrevented || !part || !form.dataset.inPlace) return;
  event.preventDefault();
  const answer = await portal.ask(form.action, { method: "POST", body: new FormData(form) });
  if (!answer?.ok) return form.submit(); // what came instead is a page of its own
  turn += 1;
  document.activeElement.blur(); // the button goes
  draw(part.id, await answer.text());
  document.getElementById(form.dataset.inPlace)?.focus();
});

// What htmx asks because somebody looks, it does not ask while nobody does.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.detail.elt.matches("[data-while-seen]")) event.preventDefault();
});
