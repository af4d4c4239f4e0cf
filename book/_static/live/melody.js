// Lesson 1: the reader plays some notes, and a language model of notes goes on; a playhead crosses the roll.
import { generator, next_word, sample, unpack_params } from "./cells.js";
import { button, decimal, draw, is_shortcut, make, reduced_motion, slider } from "./figure.js";

const TONES = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];
const KEYS = "awsedftgyhujk"; // as black and white keys of a piano lie, from C on
const HOLD = "-";
const STEPS = 64; // eight bars of eight
const SECONDS = 0.2;
const [LOW, HIGH] = [55, 83];

export const pitch = (token) => 12 * (Number(token.slice(-1)) + 1) + TONES.indexOf(token.slice(0, -1));
const spoken = (token) => (token === HOLD ? "held" : token.replace("#", " sharp "));

export class Composer {
  constructor(stored) {
    this.tokens = stored.vocabulary;
    this.index = new Map(this.tokens.map((token, i) => [token, i]));
    this.step = next_word(unpack_params(stored.params), stored.cell);
    this.reject = ["<PAD>", "<EOS>", "<UNK>"].map((name) => this.index.get(name));
  }

  // the melody with `count` tokens more, each with its probability
  go_on(melody, count, random, temperature) {
    let [log_p, state] = this.step(null, null);
    for (const token of melody) [log_p, state] = this.step(state, this.index.get(token));
    const written = [];
    for (let t = 0; t < count; t++) {
      const p = log_p.map(Math.exp);
      // the first token cannot hold a note that was not there
      const reject = melody.length + t ? this.reject : [...this.reject, this.index.get(HOLD)];
      const token = sample(p, random, { temperature, reject });
      written.push({ token: this.tokens[token], p: p[token] });
      [log_p, state] = this.step(state, token);
    }
    return written;
  }
}

// A tone as seqlib.data.music.tune makes it: three partials that fade.
class Sound {
  constructor() { this.context = null; this.playing = []; }

  tone(token, seconds, when = 0) {
    this.context ||= new AudioContext();
    this.context.resume();
    const start = this.context.currentTime + when;
    const gain = this.context.createGain();
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(0.18, start + 0.01);
    gain.gain.setTargetAtTime(0, start + 0.01, 0.5);
    gain.gain.setTargetAtTime(0, start + seconds, 0.02);
    gain.connect(this.context.destination);
    for (const k of [1, 2, 3]) {
      const partial = this.context.createOscillator();
      const share = this.context.createGain();
      partial.frequency.value = 440 * 2 ** ((pitch(token) - 69) / 12) * k;
      share.gain.value = 1 / k ** 2;
      partial.connect(share).connect(gain);
      partial.start(start);
      partial.stop(start + seconds + 0.15);
      this.playing.push(partial);
    }
  }

  silence() {
    this.playing.forEach((partial) => { try { partial.stop(); } catch { /* it has not begun */ } });
    this.playing = [];
  }
}

// the notes of a list of tokens: { token, start, length, p, given }
export function notes_of(tokens) {
  const notes = [];
  tokens.forEach(({ token, p, given }, start) => {
    if (token !== HOLD) notes.push({ token, start, length: 1, p, given });
    else if (notes.length) notes[notes.length - 1].length += 1;
  });
  return notes;
}

export default function melody(figure, stored) {
  const composer = new Composer(stored);
  const sound = new Sound();
  const roll = draw("svg", { class: "live-chart live-roll", role: "img" });
  let wide = 700;
  let tokens = stored.example.slice(0, 8).map((token) => ({ token, p: 1, given: true }));
  let seed = 3;
  let octave = 4;
  let stop = () => {};

  const hint = make("p", { class: "live-hint" });
  const temperature = slider("Temperature", { min: 0.3, max: 1.5, step: 0.1, value: 0.8, say: (v) => decimal(v, 1), change: () => {} });
  const go = button("Go on from my notes", continue_melody);
  go.classList.add("live-main");
  const play = button("Play", () => (play.textContent === "Stop" ? halt() : start()));
  const clear = button("Clear", () => { halt(); tokens = []; paint(); figure.say("No notes."); });
  const lower = button("Lower", () => move(-1));
  const higher = button("Higher", () => move(1));
  const hold = button("Hold", () => press(HOLD));
  const pads = TONES.concat("C").map((tone, i) => pad(tone, i));
  const black = make("div", { class: "live-pads live-black" }, ...pads.filter((_, i) => TONES[i % 12].includes("#")));
  const white = make("div", { class: "live-pads" }, ...pads.filter((_, i) => !TONES[i % 12].includes("#")));
  const keyboard = make("div", { class: "live-keyboard", role: "group", "aria-label": "Notes" }, black, white);

  function pad(tone, i) {
    const one = button(tone.replace("#", "♯"), () => { one.focus({ preventScroll: true }); press(tone + (octave + Math.floor(i / 12))); }, { name: `note ${spoken(tone)}${i === 12 ? " above" : ""}` });
    if (i === 12) one.classList.add("live-above"); // a narrow page has no room for it
    return one;
  }
  function move(by) {
    octave = Math.max(3, Math.min(5, octave + by));
    update();
  }
  function update() {
    const known = (i) => composer.index.has(TONES[i % 12] + (octave + Math.floor(i / 12)));
    pads.forEach((one, i) => one.setAttribute("aria-disabled", String(!known(i))));
    lower.setAttribute("aria-disabled", String(octave === 3));
    higher.setAttribute("aria-disabled", String(octave === 5));
    hint.textContent = `Blue: your notes; orange: the network’s, the paler the less expected. Keys from C${octave} to C${octave + 1}: choose one, then type A, W, S, E, D …`;
  }
  function press(token) {
    if (!composer.index.has(token)) return;
    halt();
    const given = tokens.filter((one) => one.given);
    if ((token === HOLD && !given.length) || given.length >= STEPS - 8) return;
    if (token !== HOLD) sound.tone(token, 0.35);
    tokens = [...given, { token, p: 1, given: true }];
    paint();
    figure.say(token === HOLD ? "The note is held." : `${spoken(token)}.`, { again: true });
  }
  function continue_melody() {
    halt();
    const given = tokens.filter((one) => one.given);
    const more = Math.min(STEPS, Math.max(32, given.length + 24)) - given.length;
    const written = composer.go_on(given.map((one) => one.token), more, generator(seed++), temperature.value);
    tokens = [...given, ...written.map((one) => ({ ...one, given: false }))];
    paint();
    const heard = written.filter((one) => one.token !== HOLD).map((one) => spoken(one.token));
    figure.say(`The network goes on: ${heard.join(", ")}.`);
    start();
  }
  function paint(at = null) {
    const columns = Math.max(32, tokens.length);
    const [width, height] = [wide / columns, 216 / (HIGH - LOW + 1)];
    const y = (token) => (HIGH - pitch(token)) * height;
    const bars = Array.from({ length: columns / 8 + 1 }, (_, bar) => draw("line", { x1: bar * 8 * width, x2: bar * 8 * width, y1: 0, y2: 216, class: "live-bar-line" }));
    const shapes = notes_of(tokens).map((note) => draw("rect", {
      x: note.start * width + 1, y: y(note.token), width: note.length * width - 2, height: height + 3, rx: 4,
      class: `${note.given ? "live-yours" : "live-networks"}${at !== null && note.start <= at && at < note.start + note.length ? " live-sounding" : ""}`,
      opacity: note.given ? 1 : 0.45 + 0.55 * note.p,
    }));
    const lines = ["C4", "C5"].flatMap((token) => [
      draw("line", { x1: 0, x2: wide, y1: y(token) + height, y2: y(token) + height, class: "live-bar-line live-dotted" }),
      draw("text", { x: wide - 4, y: y(token) + height - 4, "text-anchor": "end", class: "live-quiet" }, token),
    ]);
    const head = at === null ? [] : [draw("line", { x1: at * width, x2: at * width, y1: 0, y2: 216, class: "live-playhead" })];
    roll.replaceChildren(...bars, ...lines, ...shapes, ...head);
    roll.setAttribute("viewBox", `0 0 ${wide} 216`);
    const given = tokens.filter((one) => one.given).length;
    roll.setAttribute("aria-label", tokens.length
      ? `Piano roll: ${given} steps of yours, ${tokens.length - given} of the network: ${tokens.map((one) => spoken(one.token)).join(", ")}`
      : "Piano roll, empty");
    play.setAttribute("aria-disabled", String(!tokens.length));
  }
  function start() {
    if (!tokens.length) return;
    const notes = notes_of(tokens);
    for (const note of notes) sound.tone(note.token, note.length * SECONDS, 0.05 + note.start * SECONDS);
    play.textContent = "Stop";
    const began = performance.now() + 50;
    // with less motion the playhead goes from note to note
    stop = figure.every(reduced_motion() ? 1000 * SECONDS : 40, () => {
      const at = (performance.now() - began) / 1000 / SECONDS;
      if (at >= tokens.length) { halt(); return false; }
      paint(Math.max(0, reduced_motion() ? Math.floor(at) : at));
      return true;
    });
  }
  function halt() {
    stop();
    sound.silence();
    play.textContent = "Play";
    paint();
  }
  figure.root.addEventListener("keydown", (event) => {
    const key = KEYS.indexOf(event.key.toLowerCase());
    if (key < 0 || event.repeat || is_shortcut(event)) return;
    pads[key].click();
    event.preventDefault();
  });

  figure.show(
    roll, hint, keyboard,
    make("div", { class: "live-controls" }, lower, higher, hold, clear),
    make("div", { class: "live-controls" }, go, play, temperature.element),
  );
  update();
  figure.on_resize((to) => { wide = to; paint(); });
  figure.say(`A beginning of ${notes_of(tokens).length} notes. Add yours, or let the network go on.`);
}
