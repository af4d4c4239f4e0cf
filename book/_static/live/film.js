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

export default function film(figure, stored) {
  const params = unpack_params(stored.params);
  const clips = stored.clips.map((clip) => unpack_film(clip.frames, stored.size));
  let [clip, backwards, at] = [0, false, 0];
  let frames, said;
  let stop = () => {};

  const screen = canvas("live-screen");
  const strip = make("div", { class: "live-strip", "aria-hidden": "true" });
  const bars = bar_rows(stored.activities);
  const chosen = choices("Film", clips.map((_, i) => `Film ${i + 1}`), 0, (i) => { clip = i; load(); start(); });
  const play = button("Play", () => (play.textContent === "Stop" ? halt() : start()));
  play.classList.add("live-main");
  const turn = button("Backwards", () => {
    backwards = !backwards;
    turn.setAttribute("aria-pressed", String(backwards));
    load();
    start();
  }, { pressed: false });
  const frame = slider("Frame", { min: 1, max: 8, step: 1, value: 1, say: (v) => `${v} of ${frames ? frames.length : 8}`, change: (v) => { halt(); show(v - 1); tell(); } });

  function canvas(name) {
    return make("canvas", { width: stored.size, height: stored.size, class: name });
  }
  function load() {
    halt();
    frames = backwards ? [...clips[clip]].reverse() : clips[clip];
    said = read_film(frames, params, stored.cell);
    frame.input.max = frames.length;
    strip.replaceChildren(...frames.map((pixels, t) => {
      const one = canvas("live-frame");
      one.addEventListener("pointerdown", () => { halt(); show(t); tell(); });
      paint_frame(one, pixels);
      return one;
    }));
    show(0);
  }
  function show(t) {
    at = t;
    play.setAttribute("aria-disabled", String(reduced_motion() && at === frames.length - 1)); // it leads where one is
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
  function start() {
    halt();
    if (reduced_motion()) { show(frames.length - 1); tell(); return; }
    show(0);
    figure.say("The film runs.");
    play.textContent = "Stop";
    stop = figure.every(260, () => {
      if (at === frames.length - 1) { halt(); tell(); return false; }
      show(at + 1);
      return true;
    });
  }
  function halt() {
    stop();
    play.textContent = reduced_motion() ? "To the end" : "Play";
  }

  figure.show(
    chosen.element,
    make("div", { class: "live-cinema" }, screen, make("div", { class: "live-rows" }, ...bars.rows)),
    strip,
    make("div", { class: "live-controls" }, play, turn, frame.element),
  );
  screen.setAttribute("role", "img");
  screen.setAttribute("aria-label", "The frame that the network reads: a stick figure");
  load();
  show(frames.length - 1);
  tell();
}
