// Starts each live figure when it comes near the window. Without scripts the figure's still picture and text remain.
import { Figure } from "./figure.js";

async function start(root) {
  const [title, still] = root.children;
  try {
    const module = await import(`./${root.dataset.live}.js`);
    const weights = root.dataset.weights ? await fetchWeights(root.dataset.weights) : null;
    const figure = new Figure(root);
    module.default(figure, weights);
    root.classList.add("live-ready");
    root.dispatchEvent(new Event("live-ready", { bubbles: true }));
  } catch (error) {
    root.replaceChildren(title, still);
    root.dispatchEvent(new Event("live-failed", { bubbles: true })); // book/_static/reading.js says so to the reader
    throw error;
  }
}

async function fetchWeights(name) {
  const answer = await fetch(new URL(`./weights/${name}.json`, import.meta.url));
  if (!answer.ok) throw new Error(`weights/${name}.json: ${answer.status}`);
  return answer.json();
}

const near = new IntersectionObserver((entries) => {
  for (const entry of entries.filter((one) => one.isIntersecting)) {
    near.unobserve(entry.target);
    start(entry.target);
  }
}, { rootMargin: "300px" });
document.querySelectorAll("[data-live]").forEach((root) => near.observe(root));
