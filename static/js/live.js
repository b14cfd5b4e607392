// Parts of a page that the server may draw anew (`data-live`: at what address, the page's own where it names none) ask
// for it while somebody looks; what comes is morphed in. A part that nobody answers for is said to be old.
"use strict";
(() => {
  const EVERY = 8, PATIENCE = 20_000, OLD = 30_000; // seconds between questions; milliseconds
  const parts = new Map(); // id -> { mark, next, busy, heard, unanswered }
  let turn = 0; // goes up when a form has changed the page: what was asked before is out of date

  const stateOf = (id) => parts.get(id) ?? parts.set(id, { next: Date.now() + EVERY * 1000, heard: Date.now() }).get(id);

  function tick() {
    if (document.hidden) return;
    for (const part of document.querySelectorAll("[data-live]")) {
      const state = stateOf(part.id), every = Number(part.dataset.every || EVERY) * 1000;
      state.next = Math.min(state.next, Date.now() + every);
      if (!state.busy && Date.now() >= state.next) ask(part, state, every);
    }
    sayWhatIsOld();
  }

  async function ask(part, state, every) {
    const asked = turn, now = Date.now();
    Object.assign(state, { busy: true, next: now + every, unanswered: state.unanswered ?? now });
    const answer = await answerOf(part.dataset.live || location.pathname + location.search, state.mark);
    state.busy = false;
    if (answer?.status === 401) say(answer.status, await answer.text()); // its own strip says that she was signed out
    if (!answer || !(answer.ok || [304, 401].includes(answer.status))) return;
    Object.assign(state, { heard: Date.now(), unanswered: null });
    sayWhatIsOld();
    if (answer.ok) say(200);
    if (answer.status === 200 && asked === turn) state.mark = draw(part.id, await answer.text()) ? answer.headers.get("ETag") : null;
  }

  function answerOf(address, mark) {
    const headers = { "HX-Request": "true", "HX-Current-URL": location.href, ...(mark && { "If-None-Match": mark }) };
    const signal = AbortSignal.timeout(PATIENCE);
    return fetch(address, { headers, redirect: "manual", signal }).catch(() => null);
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

  const say = (status, text) => document.dispatchEvent(new CustomEvent("portal:heard", { detail: { status, text } }));

  function sayWhatIsOld() {
    const strip = document.querySelector("#not-live"), now = Date.now();
    const old = [...parts.values()].filter(({ unanswered }) => unanswered && now - unanswered >= OLD);
    if (!old.length) return void strip?.toggleAttribute("hidden", true); // no frame: nothing is live
    const heard = new Date(Math.min(...old.map((state) => state.heard)));
    const clock = heard.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Kolkata" });
    const words = `${strip.dataset.words} ${clock}`;
    if (strip.textContent !== words) strip.textContent = words;
    strip.hidden = false;
  }

  // A page that somebody comes back to asks at once; that nobody answered while nobody asked says nothing.
  document.addEventListener("visibilitychange", () => {
    for (const state of parts.values()) Object.assign(state, { next: 0, unanswered: null });
    tick();
  });
  setInterval(tick, 1000);
  tick();

  // A form that changes only its own page is sent without leaving it.
  document.addEventListener("submit", async (event) => {
    const form = event.target, part = form.closest("[data-live]");
    if (event.defaultPrevented || !part || !("inPlace" in form.dataset)) return;
    event.preventDefault();
    form.dataset.sent = "1";
    const signal = AbortSignal.timeout(PATIENCE), headers = { "HX-Request": "true", "HX-Current-URL": location.href };
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers, signal }).catch(() => null);
    delete form.dataset.sent;
    if (!answer?.ok) return form.submit(); // what came instead is a page of its own
    turn += 1;
    document.activeElement.blur(); // the button goes
    draw(part.id, await answer.text());
    document.getElementById(form.dataset.inPlace)?.focus();
  });

  // What a page asks because somebody looks at it, it does not ask while nobody does.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && event.detail.elt.matches("[data-while-seen]")) event.preventDefault();
  });
})();
