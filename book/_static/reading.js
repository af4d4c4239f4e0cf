// Names and keyboard access that the theme and MathJax leave out.
"use strict";

window.addEventListener("load", () => {
  // the button for the colours has a name; its three icons, which arrive late, need none
  document.querySelectorAll(".theme-switch-button").forEach((button) => {
    const quiet = () => button.querySelectorAll("svg[role]").forEach((icon) => {
      icon.querySelectorAll("title").forEach((title) => title.remove());
      icon.removeAttribute("aria-labelledby");
      icon.removeAttribute("role");
      icon.setAttribute("aria-hidden", "true");
    });
    new MutationObserver(quiet).observe(button, { childList: true, subtree: true });
    quiet();
  });
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
