// The press that marks what 1mg is asked copies the message as well, of the ticked lines where the form has any. Where
// nothing may be copied, the page that answers shows the message.
document.addEventListener("click", (event) => {
  const form = event.target.closest("[data-copy-first]")?.form;
  if (!form) return;
  const lines = [...form.querySelectorAll("[data-line]:checked")].map((box) => box.dataset.line);
  navigator.clipboard?.writeText([form.dataset.copies, ...lines].join("\n")).catch(() => {});
});
