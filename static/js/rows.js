// A list whose rows open what they are about, and the row that one came from.
const KEPT = "row"; // in this tab alone: the address of what was opened last

// The link lies over its row; what is above it for its own sake (a name, a time) is pressed for the row all the same.
document.addEventListener("click", (event) => {
  const row = event.target.closest(".opens tbody");
  if (!row || event.target.closest("a, button, input, label, summary") || String(getSelection())) return;
  const { ctrlKey, metaKey, shiftKey } = event;
  row.querySelector("a.go")?.dispatchEvent(new MouseEvent("click", { ctrlKey, metaKey, shiftKey, bubbles: true, cancelable: true }));
});

// Coming back to a list, the row one opened is in sight, marked and has the focus. Any other way forgets it.
for (const press of ["click", "auxclick"]) {
  document.addEventListener(press, (event) => {
    const link = event.target.closest("a[href]");
    if (!link) return;
    if (link.matches(".go")) sessionStorage.setItem(KEPT, link.pathname);
    else if (link.matches("[data-to-list]")) sessionStorage.setItem(KEPT, location.pathname);
    else if (link.target !== "_blank" && !link.matches("[rel=prev], [rel=next]")) sessionStorage.removeItem(KEPT);
  }, true);
}

const kept = document.querySelector("[data-list]") && sessionStorage.getItem(KEPT);
const link = [...document.querySelectorAll("a.go")].find((one) => one.pathname === kept);
if (link) {
  sessionStorage.removeItem(KEPT);
  link.closest("tbody").dataset.here = "";
  link.focus();
}
