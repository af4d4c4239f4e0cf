// Step through an unrolled network: buttons, a slider and the arrow keys. Without this file the whole drawing
// and all its sentences are shown.
"use strict";

function makeStepper(root) {
  const last = Number(root.dataset.moments);
  const parts = root.querySelectorAll("[data-at]");
  const texts = root.querySelectorAll(".stepper-texts li");
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  let moment = 0;
  let timer = null;

  const controls = document.createElement("div");
  controls.className = "stepper-controls";
  const button = (label, action) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = label;
    made.addEventListener("click", action);
    controls.append(made);
    return made;
  };
  const back = button("Back", () => { stop(); go(moment - 1); });
  const next = button("Next", () => { stop(); go(moment + 1); });
  const play = button("Play", () => (timer ? stop() : start()));
  const slider = document.createElement("input");
  slider.type = "range";
  slider.min = 0;
  slider.max = last;
  slider.setAttribute("aria-label", "moment of the calculation");
  slider.addEventListener("input", () => { stop(); go(Number(slider.value)); });
  controls.append(slider);

  const said = document.createElement("p");
  said.className = "stepper-said";
  said.setAttribute("aria-live", "polite");
  root.querySelector(".picture").after(controls, said);
  root.classList.add("stepping");

  function go(to) {
    moment = Math.max(0, Math.min(last, to));
    parts.forEach((part) => {
      const at = Number(part.dataset.at);
      part.classList.toggle("future", at > moment);
      part.classList.toggle("now", at === moment);
    });
    said.innerHTML = texts[moment].innerHTML;
    follow();
    slider.value = moment;
    slider.setAttribute("aria-valuetext", `${moment} of ${last}`); // the sentence is read out below
    // not `disabled`: a button that has the focus would take the arrow keys with it
    back.setAttribute("aria-disabled", moment === 0);
    next.setAttribute("aria-disabled", moment === last);
  }
  // on a narrow page the drawing is wider than its frame: bring what is new into sight
  function follow() {
    const frame = root.querySelector(".picture");
    const current = [...root.querySelectorAll("[data-at].now")].pop();
    if (!current || frame.scrollWidth <= frame.clientWidth) return;
    const box = current.getBoundingClientRect();
    const middle = box.left + box.width / 2 - frame.getBoundingClientRect().left;
    frame.scrollBy({ left: middle - frame.clientWidth / 2, behavior: still.matches ? "auto" : "smooth" });
  }
  function start() {
    if (moment === last) go(0);
    play.textContent = "Pause";
    timer = window.setInterval(() => { go(moment + 1); if (moment === last) stop(); }, 1600);
  }
  function stop() {
    window.clearInterval(timer);
    timer = null;
    play.textContent = "Play";
  }
  // a reader who asked for less motion moves the figure alone
  const motion = () => { stop(); play.hidden = still.matches; };
  still.addEventListener("change", motion);
  root.addEventListener("keydown", (event) => {
    if (event.target === slider || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowRight") { stop(); go(moment + 1); event.preventDefault(); }
    if (event.key === "ArrowLeft") { stop(); go(moment - 1); event.preventDefault(); }
  });
  motion();
  go(0);
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".stepper").forEach(makeStepper);
});
