// The gallery, video: the reader makes a film strip, frame by frame, and a network says what the figure in it is doing.
import { argmax, unpack_params } from "./cells.js";
import { bar_rows, button, choices, is_shortcut, make, once_a_frame, percent, pickable } from "./figure.js";
import { paint_frame, player, read_film, unpack_film } from "./film.js";

const MOST = 14; // frames, as in the longest clips

export default function strip(figure, stored) {
  const soon = once_a_frame(() => refresh());
  const params = unpack_params(stored.params);
  const size = stored.size;
  const clips = stored.clips.map((clip) => unpack_film(clip.frames, size));
  let frames = [];
  let said = [];
  let at = 0; // the frame that is shown and drawn on
  let pen = true; // ink, or the rubber
  let cursor = null; // a pixel

  const screen = make("canvas", { width: size, height: size, class: "live-screen live-drawn-on" });
  const row = make("div", { class: "live-strip live-frames", role: "group", "aria-label": "Frames" });
  const bars = bar_rows(stored.activities);
  const films = choices("Begin with", [...clips.map((_, i) => `Film ${i + 1}`), "Blank"], 0, (i) => begin(i));
  const tool = choices("Pen", ["Ink", "Rubber"], 0, (i) => { pen = i === 0; });
  const play = player(figure, { place: () => at, last: () => frames.length - 1, show: (t) => { at = t; show(); }, tell });
  const copy = button("Copy", () => edit(() => { frames.splice(at + 1, 0, frames[at].slice()); at += 1; }, frames.length < MOST), { name: "copy this frame" });
  const blank = button("New", () => edit(() => { frames.splice(at + 1, 0, new Float64Array(size * size)); at += 1; }, frames.length < MOST), { name: "new blank frame after this one" });
  const remove = button("Delete", () => edit(() => { frames.splice(at, 1); at = Math.min(at, frames.length - 1); }, frames.length > 1), { name: "delete this frame" });
  const earlier = button("Earlier", () => edit(() => swap(-1), at > 0), { name: "move this frame earlier" });
  const later = button("Later", () => edit(() => swap(1), at < frames.length - 1), { name: "move this frame later" });
  const turn = button("Backwards", () => edit(() => { frames.reverse(); at = frames.length - 1 - at; }, true), { name: "Backwards: turn the film around" });
  const hint = make("p", { class: "live-hint live-two-lines" });

  function begin(i) {
    play.halt();
    frames = i < clips.length ? clips[i].map((frame) => frame.slice()) : [new Float64Array(size * size)];
    at = frames.length - 1;
    refresh();
  }
  // every change of the film goes this way
  function edit(change, possible) {
    play.halt();
    if (!possible) return;
    change();
    refresh();
  }
  function swap(by) {
    [frames[at], frames[at + by]] = [frames[at + by], frames[at]];
    at += by;
  }
  // the frame to draw on, and on it the pixel that the keyboard has chosen
  function paint_screen() {
    paint_frame(screen, frames[at]);
    if (cursor === null || document.activeElement !== screen) return;
    const context = screen.getContext("2d");
    context.fillStyle = "rgb(213, 94, 0)";
    context.fillRect(cursor % size, Math.floor(cursor / size), 1, 1);
  }
  // the film has changed: the network reads it, and the strip is made again
  function refresh() {
    said = read_film(frames, params, stored.cell);
    const focused = [...row.children].indexOf(document.activeElement);
    row.replaceChildren(...frames.map((pixels, t) => {
      const picture = make("canvas", { width: size, height: size, "aria-hidden": "true" });
      paint_frame(picture, pixels);
      return make("button", { type: "button", class: "live-frame-button", "aria-label": `frame ${t + 1}`, onclick: () => { play.halt(); at = t; show(); } }, picture);
    }));
    if (focused >= 0) row.children[Math.min(focused, frames.length - 1)].focus();
    show();
  }
  function show() {
    paint_screen();
    picker.set(cursor);
    [...row.children].forEach((one, t) => one.setAttribute("aria-pressed", String(t === at)));
    bars.show(said[at]);
    for (const [one, possible] of [[copy, frames.length < MOST], [blank, frames.length < MOST], [remove, frames.length > 1], [earlier, at > 0], [later, at < frames.length - 1]]) one.setAttribute("aria-disabled", String(!possible));
    hint.textContent = `Frame ${at + 1} of ${frames.length}. Draw on it, or move with the arrow keys and draw with the space bar. The network has read the frames up to it.`;
    if (!play.runs) tell();
  }
  function tell() {
    figure.say(`After ${at + 1} of ${frames.length} ${frames.length === 1 ? "frame" : "frames"}: ${stored.activities[argmax(said[at])]}, ${percent(Math.max(...said[at]))}.`);
  }
  // ink lies darkest in the pixel that is touched, and a little on its neighbours, as the strokes of the data do
  function touch(pixel) {
    const [x, y] = [pixel % size, Math.floor(pixel / size)];
    for (let j = Math.max(0, y - 1); j <= Math.min(size - 1, y + 1); j++) {
      for (let i = Math.max(0, x - 1); i <= Math.min(size - 1, x + 1); i++) {
        const strength = i === x && j === y ? 1 : i === x || j === y ? 0.3 : 0;
        if (pen) frames[at][j * size + i] = Math.max(frames[at][j * size + i], strength);
        else if (strength) frames[at][j * size + i] = 0;
      }
    }
    soon();
  }

  const picker = pickable(screen, {
    label: "Pixel to draw on", count: () => size * size, below: (pixel, down) => pixel + size * down, hover: false,
    at: (event) => {
      const box = screen.getBoundingClientRect();
      const [x, y] = [event.clientX - box.left, event.clientY - box.top].map((value, i) => Math.floor(value / [box.width, box.height][i] * size));
      return x >= 0 && x < size && y >= 0 && y < size ? y * size + x : null;
    },
    say: (pixel) => `row ${Math.floor(pixel / size) + 1}, column ${(pixel % size) + 1}, ${frames[at][pixel] > 0.5 ? "ink" : "empty"}`,
    pick: (pixel) => { cursor = pixel; paint_screen(); },
  });
  // after the picker has chosen the pixel
  for (const name of ["pointerdown", "pointermove"]) {
    screen.addEventListener(name, (event) => {
      if (name === "pointermove" && !event.buttons) return;
      play.halt();
      if (cursor !== null) touch(cursor);
      event.preventDefault();
    });
  }
  screen.addEventListener("keydown", (event) => {
    if (is_shortcut(event) || (event.key !== " " && event.key !== "Enter")) return;
    event.preventDefault();
    if (cursor === null) picker.go(0);
    touch(cursor);
  });
  screen.addEventListener("focus", paint_screen);
  screen.addEventListener("blur", paint_screen);

  figure.show(
    films.element,
    make("div", { class: "live-cinema" }, screen, make("div", { class: "live-rows" }, ...bars.rows)),
    row, hint,
    make("div", { class: "live-controls" }, play.element, tool.element, copy, blank, remove, earlier, later, turn),
  );
  begin(0);
}
