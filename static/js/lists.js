// The way back to a list leads to it as one left it, filtered and paged; kept in this tab alone.
if (document.querySelector("[data-list]")) sessionStorage.setItem(`list ${location.pathname}`, location.search);
for (const press of ["click", "auxclick"]) {
  document.addEventListener(press, (event) => {
    const link = event.target.closest("a[data-to-list]");
    if (link) link.search = sessionStorage.getItem(`list ${link.pathname}`) ?? "";
  }, true);
}
