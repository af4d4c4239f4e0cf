// Names and keyboard access that the theme leaves out.
"use strict";

// on paper nothing is folded away that one reads
const folded = () => [...document.querySelectorAll(".bd-article details:not(.hide)")];
let closed = [];
window.addEventListener("beforeprint", () => {
  closed = folded().filter((one) => !one.open);
  closed.forEach((one) => { one.open = true; });
});
window.addEventListener("afterprint", () => closed.forEach((one) => { one.open = false; }));
// paper is white: letters for a dark screen would be pale on it
const paper = window.matchMedia("print");
let onScreen = null;
paper.addEventListener("change", () => {
  const { dataset } = document.documentElement;
  if (paper.matches) [onScreen, dataset.theme] = [dataset.theme, "light"];
  else if (onScreen) [dataset.theme, onScreen] = [onScreen, null];
});

// a live figure that cannot run keeps its picture and says so; from a file no browser loads its modules
const keepPicture = (figure) => {
  figure.classList.add("live-failed");
  const text = "This figure did not start, so its picture stands here. It runs when the page comes from a web server and has loaded completely.";
  figure.append(Object.assign(document.createElement("p"), { className: "live-hint", textContent: text }));
};
document.addEventListener("live-failed", (event) => keepPicture(event.target));
if (window.location.protocol === "file:") document.querySelectorAll(".live").forEach(keepPicture);

window.addEventListener("load", () => {
  // the name of a button has to contain the text that one sees on it; live figures name theirs themselves
  document.querySelectorAll("button[aria-label]:not(.live *)").forEach((button) => {
    const text = button.textContent.trim().replace(/\s+/g, " ");
    const name = button.getAttribute("aria-label");
    if (text && !name.includes(text)) button.setAttribute("aria-label", `${text} (${name})`);
  });
  // what is wider than its frame is scrolled by keyboard, and shows at its edges that it goes on
  const WIDE = 'mjx-container[display="true"], mjx-container.wide, .picture, .panel-scroll, .pst-scrollable-table-container, .bd-article pre, .live-scroll';
  const frames = new Set();
  // first all questions, then all changes: a question after a change has the whole page laid out again
  const measure = () => [...frames].map((frame) => [frame, frame.scrollWidth - frame.clientWidth, frame.scrollLeft]).forEach(([frame, room, at]) => {
    if (room > 0 && !frame.matches(".live-scroll")) frame.tabIndex = 0;  // a live figure says itself where the keyboard goes
    frame.classList.toggle("more-left", room > 1 && at > 1);
    frame.classList.toggle("more-right", room > 1 && at < room - 1);
  });
  const sizes = new ResizeObserver(measure);
  const collect = (part) => {
    part.querySelectorAll(WIDE).forEach((frame) => {
      frames.add(frame);
      frame.addEventListener("scroll", measure, { passive: true });
    });
    part.querySelectorAll(".live-scroll, .live-scroll > *").forEach((drawn) => sizes.observe(drawn));  // drawn anew while one plays
    measure();
  };
  collect(document);
  document.addEventListener("live-ready", (event) => collect(event.target));
  window.addEventListener("resize", measure);
  document.fonts.ready.then(measure);
  document.fonts.addEventListener("loadingdone", measure);

  // the contents at the right mark the section that one reads: the last heading above the upper edge of the text
  const links = [...document.querySelectorAll(".page-toc a.nav-link")];
  const headings = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1)))?.querySelector("h2, h3"));
  const edge = () => parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) + 24;
  const mark = () => {
    const top = edge();
    const atEnd = window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 2;
    const current = atEnd && window.scrollY ? links.length - 1
      : headings.findLastIndex((heading) => heading && heading.getBoundingClientRect().top < top);
    links.forEach((link) => { link.classList.remove("active"); link.removeAttribute("aria-current"); });
    for (let item = links[current]?.closest("li"); item; item = item.parentElement.closest(".page-toc li")) {
      item.querySelector("a.nav-link").classList.add("active");
    }
    links[current]?.setAttribute("aria-current", "true");
  };
  let waiting = false;
  const soon = () => {
    if (waiting) return;
    waiting = true;
    // after the frame: within it a live figure that starts is gone and not yet there again
    requestAnimationFrame(() => setTimeout(() => { waiting = false; mark(); }));
  };
  window.addEventListener("scroll", soon, { passive: true });
  // what is laid out late, or anew in a window of another width, moves the headings without a scroll
  new ResizeObserver(soon).observe(document.querySelector(".bd-article") || document.body);
  mark();
});
