// Names and keyboard access that the theme and MathJax leave out.
"use strict";

window.addEventListener("load", () => {
  // the name of a button has to contain the text that one sees on it
  document.querySelectorAll("button[aria-label]").forEach((button) => {
    const text = button.textContent.trim().replace(/\s+/g, " ");
    const name = button.getAttribute("aria-label");
    if (text && !name.includes(text)) button.setAttribute("aria-label", `${text} (${name})`);
  });
  // a formula that is wider than the page is scrolled by keyboard
  const wide = () => document.querySelectorAll('mjx-container[display="true"]').forEach((formula) => {
    if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0;
    else formula.removeAttribute("tabindex");
  });
  const ready = window.MathJax && MathJax.startup && MathJax.startup.promise;
  if (ready) ready.then(() => { wide(); window.addEventListener("resize", wide); });
});
