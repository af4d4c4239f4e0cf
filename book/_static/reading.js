// Names and keyboard access that the theme leaves out.
"use strict";

window.addEventListener("load", () => {
  // the name of a button has to contain the text that one sees on it
  document.querySelectorAll("button[aria-label]").forEach((button) => {
    const text = button.textContent.trim().replace(/\s+/g, " ");
    const name = button.getAttribute("aria-label");
    if (text && !name.includes(text)) button.setAttribute("aria-label", `${text} (${name})`);
  });
  // what is wider than its frame is scrolled by keyboard, and shows at its edges that it goes on
  const frames = document.querySelectorAll('mjx-container[display="true"], .picture, .panel-scroll, .pst-scrollable-table-container, .bd-article pre');
  const measure = () => frames.forEach((frame) => {
    const room = frame.scrollWidth - frame.clientWidth;
    if (room > 1) frame.tabIndex = 0;
    frame.classList.toggle("more-left", room > 1 && frame.scrollLeft > 1);
    frame.classList.toggle("more-right", room > 1 && frame.scrollLeft < room - 1);
  });
  frames.forEach((frame) => frame.addEventListener("scroll", measure, { passive: true }));
  window.addEventListener("resize", measure);
  document.fonts.ready.then(measure);
});
