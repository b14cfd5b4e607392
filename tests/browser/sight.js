// What leaves the sight on a page, each as one line: `(element) what`. Text is measured as it is painted.
() => {
  const wide = document.documentElement.clientWidth;
  const found = [];
  const named = (element) => {
    const classes = [...element.classList].map((name) => `.${name}`).join("");
    return `<${element.localName}${element.id ? `#${element.id}` : ""}${classes}>`;
  };
  const unseen = (element) => getComputedStyle(element).clipPath !== "none" || element.matches("option, script, .skip");
  const hidden = (element) => !element.checkVisibility() || [...ancestors(element)].some(unseen);
  const scrolls = (element) => /auto|scroll/.test(getComputedStyle(element).overflowX);
  const reachable = (element) => element.tabIndex >= 0 || element.querySelector("a, button, input, select, [tabindex='0']");

  if (document.documentElement.scrollWidth > wide) found.push(`(page) ${document.documentElement.scrollWidth} px wide`);

  for (const element of document.querySelectorAll("body *")) {
    if (scrolls(element) && element.scrollWidth > element.clientWidth && !reachable(element) && !hidden(element)) {
      found.push(`${named(element)} scrolls and cannot be reached`);
    }
  }

  for (const control of document.querySelectorAll("input:not([type=hidden]), select, textarea, button, .btn, .copy")) {
    const at = control.getBoundingClientRect(), edge = control.closest(".card, main, header, body").getBoundingClientRect();
    if (!hidden(control) && (at.right > Math.min(edge.right, wide) + 1 || at.left < edge.left - 1)) {
      found.push(`${named(control)} leaves the page or its card`);
    }
  }

  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode, parent = text.parentElement, words = text.data.trim();
    if (!words || hidden(parent)) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const at = range.getBoundingClientRect();
    if (!at.width) continue;
    const box = parent.closest("td, th, dt, dd, li, label, .chip, .btn, .pill, .card, header, main, body");
    const scroller = [...ancestors(parent)].find(scrolls);
    const amount = /\d\.\d\d(?!\d)/.test(words) && !parent.closest("pre");
    if (scroller && !amount) continue;
    for (const around of [box, ...(amount ? ancestors(parent) : [document.documentElement])]) {
      const edge = around.getBoundingClientRect();
      if (at.left < edge.left - 1 || at.right > edge.right + 1 || at.left < -1 || at.right > wide + 1) {
        found.push(`${named(parent)} leaves ${named(around)}: ${words.slice(0, 40)}`);
        break;
      }
    }
    if (amount && parent.closest(".num") && range.getClientRects().length > 1 && words.length < 24) {
      found.push(`${named(parent)} breaks the amount ${words}`);
    }
  }
  return found;

  function* ancestors(element) {
    for (let one = element; one; one = one.parentElement) yield one;
  }
};
