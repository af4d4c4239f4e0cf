// Lesson 1: a film strip that moves, and what a network says about it after each frame.
import { argmax, deep_forward, output_forward, unpack_params } from "./cells.js";
import { bar_rows, button, choices, make, percent, reduced_motion, slider } from "./figure.js";

// 16 shades of grey, two pixels a byte: frames of values from 0 to 1
export function unpack_film(text, size) {
  const bytes = atob(text);
  const pixels = new Float64Array(2 * bytes.length);
  for (let i = 0; i < bytes.length; i++) {
    pixels[2 * i] = (bytes.charCodeAt(i) >> 4) / 15;
    pixels[2 * i + 1] = (bytes.charCodeAt(i) & 15) / 15;
  }
  const n = size * size;
  return Array.from({ length: pixels.length / n }, (_, t) => pixels.slice(t * n, (t + 1) * n));
}

// for each frame the probabilities of the activities, from the frames up to it
export function read_film(frames, params, cell) {
  const x = frames.map((frame) => frame.map((pixel) => pixel - 0.2));
  return deep_forward(cell, x, params).a.map((a_t) => output_forward(a_t, params));
}

// the frame as ink on a canvas of its own size
export function paint_frame(canvas, pixels) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  pixels.forEach((value, i) => image.data.set([28, 35, 43, Math.round(255 * value)], 4 * i));
  context.putImageData(image, 0, 0);
}

// The button that plays frames one after the other, or leads to the last one where motion is not wanted.
// place(): the frame that is shown; last(): the last one; show(t) shows one; tell() says what is read at the end
export function player(figure, { place, last, show, tell }) {
  let stop = null;
  const play = button("Play", () => (stop ? halt() : start()));
  play.classList.add("live-main");
  function start() {
    halt();
    if (reduced_motion()) { show(last()); tell(); return; }
    stop = figure.every(260, () => {
      if (place() >= last()) { halt(); tell(); return false; }
      show(place() + 1);
      return true;
    });
    play.textContent = "Stop";
    show(0);
    figure.say("The film runs.");
  }
  function halt() {
    if (stop) stop();
    stop = null;
    play.textContent = reduced_motion() ? "To the end" : "Play";
  }
  return { element: play, start, halt, get runs() { return stop !== null; } };
}

export default function film(figure, stored) {
  const params = unpack_params(stored.params);
  const clips = stored.clips.map((clip) => unpack_film(clip.frames, stored.size));
  let [clip, backwards, at] = [0, false, 0];
  let frames, said;

  const screen = canvas("live-screen");
  const strip = make("div", { class: "live-strip", "aria-hidden": "true" });
  const bars = bar_rows(stored.activities);
  const chosen = choices("Film", clips.map((_, i) => `Film ${i + 1}`), 0, (i) => { clip = i; load(); play.start(); });
  const play = player(figure, { place: () => at, last: () => frames.length - 1, show, tell });
  const turn = button("Backwards", () => {
    backwards = !backwards;
    turn.setAttribute("aria-pressed", String(backwards));
    load();
    play.start();
  }, { pressed: false });
  const frame = slider("Frame", { min: 1, max: 8, step: 1, value: 1, say: (v) => `${v} of ${frames ? frames.length : 8}`, change: (v) => { play.halt(); show(v - 1); tell(); } });

  function canvas(name) {
    return make("canvas", { width: stored.size, height: stored.size, class: name });
  }
  function load() {
    play.halt();
    frames = backwards ? [...clips[clip]].reverse() : clips[clip];
    said = read_film(frames, params, stored.cell);
    frame.input.max = frames.length;
    strip.replaceChildren(...frames.map((pixels, t) => {
      const one = canvas("live-frame");
      one.addEventListener("pointerdown", () => { play.halt(); show(t); tell(); });
      paint_frame(one, pixels);
      return one;
    }));
    show(0);
  }
  function show(t) {
    at = t;
    play.element.setAttribute("aria-disabled", String(reduced_motion() && at === frames.length - 1)); // it leads where one is
    paint_frame(screen, frames[at]);
    frame.set(at + 1);
    [...strip.children].forEach((one, i) => { one.classList.toggle("live-here", i === at); one.classList.toggle("live-past", i <= at); });
    bars.show(said[at]);
  }
  function tell() {
    const truth = backwards ? `played backwards; forwards it shows ${stored.clips[clip].activity}` : `it shows ${stored.clips[clip].activity}`;
    const end = at === frames.length - 1 ? ` (${truth})` : "";
    figure.say(`After ${at + 1} of ${frames.length} frames: ${stored.activities[argmax(said[at])]}, ${percent(Math.max(...said[at]))}${end}.`);
  }

  figure.show(
    chosen.element,
    make("div", { class: "live-cinema" }, screen, make("div", { class: "live-rows" }, ...bars.rows)),
    strip,
    make("div", { class: "live-controls" }, play.element, turn, frame.element),
  );
  screen.setAttribute("role", "img");
  screen.setAttribute("aria-label", "The frame that the network reads: a stick figure");
  load();
  show(frames.length - 1);
  tell();
}
