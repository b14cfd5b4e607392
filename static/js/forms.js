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
