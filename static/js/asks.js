// One press copies the message that a form stands for, of its ticked lines where it has any, and then sends the form.
"use strict";

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-copies]");
  if (!form || form.dataset.copied || !event.submitter?.matches("[data-copy-first]")) return;
  event.preventDefault();
  form.dataset.copied = "1";
  const lines = [...form.querySelectorAll("[data-line]:checked")].map((box) => box.dataset.line);
  await copied([form.dataset.copies, ...lines].join("\n"));
  form.requestSubmit(event.submitter);
  delete form.dataset.copied;
});

// Where nothing may be copied, the page that answers shows the message.
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { /* refused, or a page without https */ }
}
