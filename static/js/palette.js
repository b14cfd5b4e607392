// Ctrl-K: pages, what may be done on this page, and purchases, found as the search box finds them: by a POST.
"use strict";
(() => {
  const PAUSE = 200, SHORTEST = 3, PATIENCE = 10_000; // milliseconds without a letter; letters that are searched
  const dialog = document.querySelector("#palette");
  if (!dialog) return;
  const box = dialog.querySelector("input"), list = dialog.querySelector("ul"), told = dialog.querySelector("[role=status]");
  const search = document.querySelector("#search");
  let hits = [], chosen = 0, asked = 0, pause = 0;

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    if (dialog.open) return dialog.close();
    box.value = "";
    forget();
    show();
    dialog.showModal();
  });
  dialog.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) option.go();
    else if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", forget);
  box.addEventListener("input", () => {
    forget();
    show();
    if (box.value.trim().length >= SHORTEST) pause = setTimeout(find, PAUSE, ++asked);
  });
  box.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) choose(chosen + step);
    else if (event.key === "Enter" && !event.isComposing) list.children[chosen]?.go();
    else return;
    event.preventDefault();
  });

  function forget() {
    clearTimeout(pause);
    asked += 1; // what was asked before is not waited for
    hits = [];
  }

  function option(words, go) {
    return Object.assign(document.createElement("li"), { textContent: words, go });
  }

  function show() {
    const typed = box.value.trim(), words = typed.toLowerCase().split(/\s+/);
    const pages = [...document.querySelectorAll(".rail a")].map((link) => option(link.textContent.trim(), () => link.click()));
    const verbs = [...document.querySelectorAll("#purchase [data-verb]")].map(
      (verb) => option(verb.dataset.verb || verb.textContent.trim(), () => { dialog.close(); verb.focus(); verb.click(); }));
    const named = [...verbs, ...pages].filter(
      (one) => words.every((word) => one.textContent.toLowerCase().includes(word)));
    const last = typed ? [option(`${list.dataset.search} “${typed}”`, () => { search.value = typed; search.form.requestSubmit(); })] : [];
    list.replaceChildren(...named, ...hits, ...last);
    [...list.children].forEach((one, place) => { one.id = `palette-${place}`; one.setAttribute("role", "option"); });
    told.textContent = `${list.children.length} ${told.dataset.words}`;
    choose(0);
  }

  function choose(place) {
    const options = [...list.children];
    chosen = (place + options.length) % options.length;
    options.forEach((one, each) => one.setAttribute("aria-selected", each === chosen));
    box.setAttribute("aria-activedescendant", options[chosen].id);
    options[chosen].scrollIntoView({ block: "nearest" });
  }

  async function find(mine) {
    const headers = { "X-CSRFToken": search.form.elements.csrfmiddlewaretoken.value, "HX-Request": "true", "HX-Current-URL": location.href };
    const body = new URLSearchParams({ q: box.value.trim() }), signal = AbortSignal.timeout(PATIENCE);
    const answer = await fetch(dialog.dataset.hits, { method: "POST", body, headers, signal, redirect: "manual" }).catch(() => null);
    const text = await answer?.text();
    if (mine !== asked) return;
    if (answer?.status === 401) {
      dialog.close();
      return void document.dispatchEvent(new CustomEvent("portal:heard", { detail: { status: 401, text } }));
    }
    if (!answer?.ok) return void (told.textContent = dialog.dataset.away);
    const found = new DOMParser().parseFromString(text, "text/html").querySelectorAll("li");
    hits = [...found].map((one) => Object.assign(one, { go: () => { location = one.dataset.address; } }));
    show();
  }
})();
