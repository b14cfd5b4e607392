// Ctrl-K: pages, what may be done on this purchase, and other purchases, found as the search box finds them: by a POST.
const PAUSE = 200, SHORTEST = 3; // milliseconds without a letter; letters that are searched
const dialog = document.querySelector("#palette"), search = document.querySelector("#search");
const box = dialog.querySelector("input"), list = dialog.querySelector("ul"), told = dialog.querySelector("p");
let hits = [], chosen = 0, asked = 0, pause = 0;

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
  event.preventDefault();
  if (dialog.open) return dialog.close();
  box.value = "";
  show();
  dialog.showModal();
});
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close(); // beside it
  event.target.closest("[role=option]")?.go();
});
dialog.addEventListener("close", forget);
box.addEventListener("input", () => {
  forget();
  show();
  if (box.value.trim().length >= SHORTEST) pause = setTimeout(find, PAUSE, asked);
});
box.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) choose(chosen + step);
  else if (event.key === "Enter" && !event.isComposing) list.children[chosen].go();
  else return;
  event.preventDefault();
});

// What was asked before is waited for no longer.
function forget() {
  clearTimeout(pause);
  asked += 1;
  hits = [];
}

const option = (words, go) => Object.assign(document.createElement("li"), { textContent: words, go });
const all = (selector, words, act) => [...document.querySelectorAll(selector)].map((one) => option(words(one), () => act(one)));
const text = (one) => one.dataset.verb || one.textContent.trim();

function show() {
  const typed = box.value.trim(), words = typed.toLowerCase().split(/\s+/);
  const verbs = all(":is(#purchase, .tabs, .buttons) [data-verb]", text, (one) => { dialog.close(); one.focus(); one.click(); });
  const named = [...verbs, ...all(".rail a", text, (one) => one.click())].filter(
    (one) => words.every((word) => one.textContent.toLowerCase().includes(word)));
  const last = option(`${list.dataset.search} “${typed}”`, () => { search.value = typed; search.form.requestSubmit(); });
  list.replaceChildren(...named, ...hits, ...(typed ? [last] : []));
  [...list.children].forEach((one, place) => Object.assign(one, { id: `palette-${place}`, role: "option" }));
  told.textContent = `${told.dataset.words} ${list.children.length}`;
  choose(0);
}

function choose(place) {
  const options = [...list.children];
  chosen = (place + options.length) % options.length;
  options.forEach((one, each) => { one.ariaSelected = each === chosen; });
  box.setAttribute("aria-activedescendant", options[chosen].id);
  options[chosen].scrollIntoView({ block: "nearest" });
}

async function find(mine) {
  const body = new FormData(search.form);
  body.set("q", box.value.trim());
  const answer = await portal.ask(dialog.dataset.hits, { method: "POST", body, redirect: "manual" });
  const found = await answer?.text();
  if (mine !== asked) return;
  if (answer?.status === 401) dialog.close();
  portal.hear(answer?.status, found);
  if (!answer?.ok) return void (told.textContent = dialog.dataset.away);
  hits = [...new DOMParser().parseFromString(found, "text/html").querySelectorAll("li")];
  for (const hit of hits) hit.go = () => { location = hit.dataset.address; };
  show();
}
