// A session that ends while a page is open: the page stays and says so, and what was typed is there after signing in.
// What was typed is kept in this tab alone, from the click on "Sign in" until a page is shown to somebody signed in.
const KEPT = "portal-typed", LONGEST = 30 * 60 * 1000, PATIENCE = 10_000; // milliseconds
const me = document.querySelector("meta[name='signed-in']");
const NOT_TYPED = ["password", "submit", "button", "image", "reset", "fieldset", "output"];

// --- the strip

function say(status, content) {
  const strip = document.querySelector("#session") ?? document.createElement("div");
  if (strip.dataset.status === String(status)) return; // said already: a poll asks every second
  Object.assign(strip, { id: "session", className: "ended errornote", role: "alert" }); // the admin has the latter
  strip.dataset.status = status;
  if (typeof content === "string") strip.innerHTML = content; // an answer of ours
  else strip.replaceChildren(content);
  (document.querySelector("main") ?? document.body).prepend(strip);
}

function hear(status, text) {
  if (status === 401) say(401, text);
  else if (status && status < 400) document.querySelector("#session[data-status='401']")?.remove();
}
document.addEventListener("htmx:afterRequest", ({ detail: { xhr } }) => hear(xhr.status, xhr.responseText));

// Asks as a script, which is not led to the page to sign in; `null`: nobody answers.
const ask = (address, { headers, ...more } = {}) => fetch(address, {
  headers: { "HX-Request": "true", "HX-Current-URL": location.href, ...headers },
  signal: AbortSignal.timeout(PATIENCE), ...more,
}).catch(() => null);
window.portal = { ask, hear };

// --- a form is sent when its session still stands; otherwise the page stays as it is

document.addEventListener("submit", async (event) => {
  const form = event.target, token = form.elements.namedItem("csrfmiddlewaretoken")?.value;
  if (!me || !token || form.getAttribute("method") !== "post") return;
  if (form.dataset.asked) return void delete form.dataset.asked;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (form.dataset.asking) return;
  form.dataset.asking = "1";
  const ended = await whatEnded(token);
  delete form.dataset.asking;
  if (ended) return say(...ended);
  if (!form.isConnected) document.body.append(Object.assign(form, { hidden: true })); // swapped meanwhile
  form.dataset.asked = "1";
  form.requestSubmit(event.submitter);
}, true);

async function whatEnded(token) {
  const answer = await ask(me.dataset.ask, { method: "POST", headers: { "X-CSRFToken": token } });
  if (answer?.status === 204) return null;
  const text = [401, 403].includes(answer?.status) && await answer.text().catch(() => "");
  return text ? [answer.status, text] : [500, document.createTextNode(me.dataset.away)];
}

// --- keeping: every field of every form, but for passwords, tokens and files

const controls = () => [...document.forms].flatMap((form) => [...form.elements])
  .filter((c) => c.name && c.name !== "csrfmiddlewaretoken" && !NOT_TYPED.includes(c.type));
const isBox = (c) => c.type === "checkbox" || c.type === "radio";
const words = (c) => (c.labels?.[0]?.textContent ?? c.name).replace(/\s+/g, " ").trim();
const value = (c) => (c.options ? [...c.selectedOptions].map((option) => option.value) : c.value);

document.addEventListener("click", (event) => {
  const page = event.target.closest("a[data-page]")?.dataset.page;
  if (!page) return;
  const all = controls(), review = document.querySelector("form[data-review]");
  const isOfReview = (c) => c.type === "hidden" && c.form === review;
  store({
    page, who: me?.content, until: Date.now() + LONGEST,
    files: all.some((c) => c.type === "file" && c.files.length),
    review: review && all.filter(isOfReview).map((c) => [c.name, c.value]),
    fields: all.filter((c) => c.type !== "file" && !isOfReview(c)).map(
      (c) => ({ name: c.name, type: c.type, value: value(c), checked: c.checked, words: words(c) })),
  });
});

function store(kept) { sessionStorage.setItem(KEPT, JSON.stringify(kept)); }

// --- giving back: a tick only beside the very words it stood at, for it is what somebody has read and agreed to

const taken = new Set();

function place(field) {
  const box = isBox(field);
  const control = controls().find((c) => c.name === field.name && !taken.has(c) && isBox(c) === box && c.type !== "file"
    && (!box || (c.value === field.value && words(c) === field.words)));
  if (!control) return false;
  taken.add(control);
  const before = said(control);
  if (box) control.checked = field.checked;
  else if (control.options) for (const o of control.options) o.selected = [field.value].flat().includes(o.value);
  else control.value = field.value;
  control.dataset.back = said(control) !== before && control.type !== "hidden" ? "1" : "";
  return true;
}

const said = (field) => (isBox(field) ? field.checked : String(field.options ? value(field) : field.value).trim());

function giveBack(kept) {
  let left = kept.fields;
  const fill = () => {
    left = left.filter((field) => !place(field));
    const lost = left.filter((field) => field.type !== "hidden" && said(field));
    const told = document.createElement("div");
    if (kept.again || document.querySelector("[data-back='1']")) told.append(line(me.dataset.back));
    if (kept.files) told.append(line(me.dataset.file));
    if (lost.length) told.append(line(me.dataset.lost), ...lost.map((f) => line(`${f.words}: ${f.value}`)));
    if (told.firstChild) say(`back ${lost.length}`, told);
  };
  fill();
  if (left.length) document.addEventListener("htmx:afterSettle", fill); // a form that comes when Nimbbl has answered
}

function line(text) { return Object.assign(document.createElement("p"), { textContent: text }); }

// A review is the answer to a form; sent again without its button it is shown again, and nothing is done.
function reviewAgain(kept) {
  const form = Object.assign(document.createElement("form"), { method: "post", hidden: true });
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  for (const [name, text] of [["csrfmiddlewaretoken", token], ...kept.review]) {
    form.append(Object.assign(document.createElement("textarea"), { name, value: text }));
  }
  store({ ...kept, review: null, again: true });
  document.body.append(form);
  form.submit();
}

function begin() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT));
  if (!kept) return;
  if (!me && Date.now() < kept.until) return void setTimeout(() => sessionStorage.removeItem(KEPT), kept.until - Date.now());
  sessionStorage.removeItem(KEPT);
  const hers = me && Date.now() < kept.until && (!kept.who || kept.who === me.content);
  if (!hers || new URL(kept.page, location).href !== location.href.split("#")[0]) return;
  if (kept.review) reviewAgain(kept);
  else giveBack(kept);
}

begin();
