// The gallery, speech: the reader composes a text, a synthetic voice says it, and a network writes down what it hears.
import { argmax, deep_forward, generator, largest_first, output_forward, unpack_params } from "./cells.js";
import { button, draw, heat_map, make, once_a_frame, percent, pickable, quoted, reveal, rgb_of, slider, spoken, text_field } from "./figure.js";

const [RATE, HOP, WINDOW, BANDS] = [8000, 160, 320, 20];
const TEXTS = ["the quick brown fox", "quite a crazy kick", "a lazy summer day", "hello"];
const LONGEST = 44;
const COLUMN = 8; // the least width of a frame, in pixels
const LIKE = "Some letters share a sound: c, k and q; s and z; i and y.";

// what the voice can say: letters and single spaces
export const sayable = (text) => text.toLowerCase().replace(/[^a-z ]/g, "").replace(/ +/g, " ").trim().slice(0, LONGEST).trim();

// a speaker's chances: numbers from low to high, and normal numbers (Box and Muller)
export function chances(seed) {
  const random = generator(seed);
  return {
    uniform: (low, high) => low + (high - low) * random(),
    normal: (count) => {
      const numbers = new Float64Array(count);
      for (let i = 0; i < count; i += 2) {
        const [far, angle] = [Math.sqrt(-2 * Math.log(1 - random())), 2 * Math.PI * random()];
        numbers[i] = far * Math.cos(angle);
        if (i + 1 < count) numbers[i + 1] = far * Math.sin(angle);
      }
      return numbers;
    },
  };
}

// plain loops: a slider that moves asks for tens of thousands of samples
function hanning(count) {
  const taper = new Float64Array(count);
  for (let n = 0; n < count; n++) taper[n] = 0.5 - 0.5 * Math.cos(2 * Math.PI * n / (count - 1));
  return taper;
}

// the mean of 200 values around each, the first and the last value going on beyond the ends
function glide(values) {
  const width = 200;
  const n = values.length;
  const totals = new Float64Array(n + width);
  for (let i = 0; i < n + width - 1; i++) totals[i + 1] = totals[i] + values[Math.max(0, Math.min(n - 1, i - width / 2))];
  const means = new Float64Array(n);
  for (let i = 0; i < n; i++) means[i] = (totals[i + width] - totals[i]) / width;
  return means;
}

// Each letter's place: its share of noise and its two formants, for so many samples, swelling and fading.
function plan(text, sounds, tempo, chance) {
  const letters = [...` ${text} `].map((letter) => ({ letter, samples: Math.floor(tempo * chance.uniform(0.05, 0.1) * RATE) }));
  const n = letters.reduce((sum, one) => sum + one.samples, 0);
  const [volume, targets] = [new Float64Array(n), [0, 1, 2].map(() => new Float64Array(n))];
  let at = 0;
  for (const one of letters) {
    const sound = sounds[one.letter] || [300, 1200, 1];
    const swell = hanning(one.samples + 2);
    one.start = at;
    sound.forEach((value, k) => targets[k].fill(value, at, at + one.samples));
    for (let i = 0; i < one.samples; i++, at++) volume[at] = (one.letter === " " ? 0.02 : 1) * Math.sqrt(swell[i + 1]);
  }
  return { letters, volume, targets };
}

// A recording as seqlib.data.speech.synthesise makes it, and where each letter begins. voice: { pitch, tempo, tract }
export function synthesise(text, sounds, voice, chance) {
  const { letters, volume, targets } = plan(text, sounds, voice.tempo, chance);
  const [first, second, noise] = targets.map(glide);
  const n = volume.length;
  const [hiss, air] = [chance.normal(n), chance.normal(n)];
  const wave = new Float64Array(n);
  for (const [formant, share] of [[first, 0.6], [second, 0.5]]) {
    let [phase, jitter] = [0, 0];
    for (let i = 0; i < n; i++) {
      phase += voice.tract * formant[i];
      jitter += hiss[i];
      wave[i] += share * Math.sin(2 * Math.PI * phase / RATE + 2.5 * noise[i] * jitter / 3);
    }
  }
  let loudest = 0;
  for (let i = 0; i < n; i++) {
    const buzz = 0.3 * Math.sin(2 * Math.PI * voice.pitch * i / RATE);
    wave[i] = volume[i] * (wave[i] + buzz * (1 - noise[i])) + 0.01 * air[i];
    loudest = Math.max(loudest, Math.abs(wave[i]));
  }
  return { wave: wave.map((value) => value / loudest), letters };
}

// how much each of the 161 frequencies counts in each band
function filters() {
  const edges = Array.from({ length: BANDS + 2 }, (_, i) => 700 * (10 ** (Math.log10(1 + RATE / 2 / 700) * i / (BANDS + 1)) - 1) / (RATE / WINDOW));
  return Array.from({ length: BANDS }, (_, b) => Float64Array.from({ length: WINDOW / 2 + 1 }, (_, k) =>
    Math.max(0, Math.min((k - edges[b]) / (edges[b + 1] - edges[b]), (edges[b + 2] - k) / (edges[b + 2] - edges[b + 1])))));
}
const BANK = filters();
const TAPER = hanning(WINDOW);
const [COS, SIN] = [Math.cos, Math.sin].map((wave) => Float64Array.from({ length: WINDOW }, (_, n) => wave(2 * Math.PI * n / WINDOW)));

// |sum_n x<n> e^(-2 pi i k n / 320)|^2 for each frequency k; n and 320 - n share a cosine, and a sine but for its sign
function power_of(frame) {
  const half = WINDOW / 2;
  const [even, odd] = [new Float64Array(half + 1), new Float64Array(half)];
  [even[0], even[half]] = [frame[0], frame[half]];
  for (let n = 1; n < half; n++) [even[n], odd[n]] = [frame[n] + frame[WINDOW - n], frame[n] - frame[WINDOW - n]];
  const power = new Float64Array(half + 1);
  for (let k = 0; k <= half; k++) {
    let re = even[0] + (k % 2 ? -even[half] : even[half]);
    let im = 0;
    for (let n = 1, at = k; n < half; n++) {
      re += even[n] * COS[at];
      im += odd[n] * SIN[at];
      at += k;
      if (at >= WINDOW) at -= WINDOW;
    }
    power[k] = re * re + im * im;
  }
  return power;
}

// log energies of 20 bands in each frame, mean 0 and spread 1: a vector for each frame
export function spectrogram(wave) {
  const frames = Array.from({ length: Math.floor((wave.length - WINDOW) / HOP) + 1 }, (_, t) => {
    const power = power_of(TAPER.map((weight, n) => weight * wave[t * HOP + n]));
    return Float64Array.from(BANK, (weights) => {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k] * power[k];
      return Math.log(sum + 1e-3);
    });
  });
  const count = frames.length * BANDS;
  const mean = frames.reduce((sum, frame) => sum + frame.reduce((all, value) => all + value, 0), 0) / count;
  const spread = Math.sqrt(frames.reduce((sum, frame) => sum + frame.reduce((all, value) => all + (value - mean) ** 2, 0), 0) / count);
  return frames.map((frame) => frame.map((value) => (value - mean) / spread));
}

// the probabilities of the alphabet at each frame, the blank first
export const listen = (frames, params, cell) => deep_forward(cell, frames, params).a.map((a_t) => output_forward(a_t, params));

// CTC: the likeliest symbol of each frame, repeats merged and blanks left out; each letter with its first and last frame
export function decode(p, alphabet) {
  const path = p.map(argmax);
  const letters = [];
  path.forEach((symbol, t) => {
    if (symbol && symbol === path[t - 1]) letters[letters.length - 1].last = t;
    else if (symbol) letters.push({ letter: alphabet[symbol], symbol, first: t, last: t });
  });
  return { path, letters, text: letters.map((one) => one.letter).join("") };
}

// the fewest insertions, deletions and substitutions that turn one text into the other
export function edit_distance(u, v) {
  let above = Array.from({ length: v.length + 1 }, (_, j) => j);
  for (let i = 1; i <= u.length; i++) {
    const row = [i];
    for (let j = 1; j <= v.length; j++) row.push(Math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (u[i - 1] === v[j - 1] ? 0 : 1)));
    above = row;
  }
  return above[v.length];
}

export default function listener(figure, stored) {
  const params = unpack_params(stored.params);
  const soon = once_a_frame(() => speak());
  let seed = 1;
  let said = null; // what was said: { text, wave, letters, frames }, and what was heard: { p, path, heard, written }
  let place = null;
  let sound = null;

  const field = text_field("What the voice says", { value: TEXTS[0], change: soon, most: LONGEST });
  const examples = TEXTS.map((text) => button(text, () => { field.input.value = text; speak(); }));
  const pitch = slider("Pitch", { min: 90, max: 220, step: 5, value: 140, say: (v) => `${v} Hz`, change: soon });
  const tempo = slider("Length of a letter", { min: 0.8, max: 1.3, step: 0.05, value: 1, say: (v) => `${Math.round(75 * v)} ms`, change: soon });
  const tract = slider("Mouth", { min: 0.88, max: 1.14, step: 0.02, value: 1, say: (v) => (v < 0.96 ? "large" : v > 1.06 ? "small" : "medium"), change: soon });
  const play = button("Listen", () => (sound ? silence() : start()));
  play.classList.add("live-main");
  const again = button("Say it once more", () => { seed += 1; speak(); });
  const lanes = make("div", { class: "live-stack" });
  const scroll = make("div", { class: "live-scroll" }, lanes);
  const hint = make("p", { class: "live-hint live-two-lines" });

  function speak() {
    silence();
    const text = sayable(field.input.value);
    place = null;
    said = null;
    if (text) {
      const voice = { pitch: pitch.value, tempo: tempo.value, tract: tract.value };
      const { wave, letters } = synthesise(text, stored.sounds, voice, chances(seed));
      const frames = spectrogram(wave);
      const p = listen(frames, params, stored.cell);
      const { path, letters: heard, text: written } = decode(p, stored.alphabet);
      said = { text, wave, frames, p, path, letters, heard, written };
    }
    picker.set(null);
    paint();
    describe();
  }

  // a row for what was said, the spectrogram, and a row for what was heard, frame under frame
  function paint() {
    play.setAttribute("aria-disabled", String(!said));
    if (!said) { lanes.replaceChildren(make("p", { class: "live-note" }, "Type some letters.")); return; }
    const column = Math.max(COLUMN, (scroll.clientWidth || 600) / said.frames.length);
    const width = column * said.frames.length;
    lanes.style.width = `${width}px`;
    lanes.replaceChildren(
      make("p", { class: "live-note live-stays" }, "said, letter by letter"), row_of_letters(width, column),
      picture(width),
      make("p", { class: "live-note live-stays" }, "heard, frame by frame: the taller, the surer; between the letters the blank"), row_of_guesses(width, column),
    );
  }
  function row_of_letters(width, column) {
    const x = (sample) => Math.max(0, (sample / HOP - 0.5) * column);
    const cells = said.letters.filter((one) => one.letter !== " ").flatMap((one) => [
      draw("rect", { x: x(one.start) + 1, y: 1, width: Math.max(1, x(one.start + one.samples) - x(one.start) - 2), height: 24, rx: 5, class: "live-yours", opacity: 0.25 }),
      draw("text", { x: (x(one.start) + x(one.start + one.samples)) / 2, y: 18, "text-anchor": "middle" }, one.letter),
    ]);
    return draw("svg", { class: "live-lane", viewBox: `0 0 ${width} 26`, width, height: 26, "aria-hidden": "true" }, ...cells);
  }
  function picture(width) {
    const blue = rgb_of(figure.root, "--live-blue");
    const opacity = (value) => Math.max(0, Math.min(1, (value + 1.6) / 3.6));
    return heat_map(said.frames.length, BANDS, [width, 110], (t, row) => [...blue, opacity(said.frames[t][BANDS - 1 - row])]);
  }
  function row_of_guesses(width, column) {
    const bars = said.path.flatMap((symbol, t) => {
      const high = 44 * said.p[t][symbol];
      return symbol ? [draw("rect", { x: t * column + 0.5, y: 66 - high, width: column - 1, height: high, class: "live-networks", opacity: 0.65 })] : [];
    });
    const names = said.heard.map((one) => draw("text", { x: (one.first + one.last + 1) / 2 * column, y: 16, "text-anchor": "middle" }, one.letter === " " ? "␣" : one.letter));
    const mark = place === null ? [] : [draw("rect", { x: place * column, y: 0, width: column, height: 66, class: "live-picked" })];
    return draw("svg", { class: "live-lane", viewBox: `0 0 ${width} 68`, width, height: 68, "aria-hidden": "true" },
      draw("line", { x1: 0, x2: width, y1: 66.5, y2: 66.5, class: "live-axis" }), ...bars, ...names, ...mark);
  }

  const symbol_name = (symbol) => (symbol ? spoken(stored.alphabet[symbol]) : "the blank");
  function said_of(t) {
    const order = largest_first(said.p[t]).slice(0, 3);
    return `Frame ${t + 1} of ${said.frames.length}: ${order.map((symbol) => `${symbol_name(symbol)} ${percent(said.p[t][symbol])}`).join(", ")}.`;
  }
  function describe() {
    const silent = field.input.value.toLowerCase().match(/[^a-z ]/gu);
    const left_out = silent ? ` The voice has no sound for ${quoted(silent)}: left out.` : "";
    hint.textContent = said && place !== null ? said_of(place) : `${LIKE} Choose a frame to see what else the network thought of.${left_out}`;
    if (!said) { figure.say("Nothing is said."); return; }
    const edits = edit_distance(said.text, said.written);
    figure.say(`Heard: “${said.written}”. ${edits === 0 ? "Every letter is right." : `${edits} ${edits === 1 ? "edit" : "edits"} for ${said.text.length} letters and spaces.`}`);
  }

  function start() {
    if (!said) return;
    const context = new AudioContext();
    const buffer = context.createBuffer(1, said.wave.length, RATE);
    buffer.copyToChannel(Float32Array.from(said.wave, (value) => 0.6 * value), 0);
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    source.onended = () => { if (sound && sound.source === source) silence(); };
    source.start();
    sound = { context, source };
    play.textContent = "Stop";
  }
  function silence() {
    if (!sound) return;
    const { context } = sound;
    sound = null;
    context.close();
    play.textContent = "Listen";
  }

  const picker = pickable(lanes, {
    label: "Frame to look at", count: () => (said ? said.frames.length : 0), leap: 10,
    at: (event) => {
      if (!said) return null;
      const box = lanes.getBoundingClientRect();
      const t = Math.floor((event.clientX - box.left) / box.width * said.frames.length);
      return t >= 0 && t < said.frames.length ? t : null;
    },
    say: (t) => (said ? said_of(t) : "nothing chosen"),
    pick: (t) => {
      place = t;
      const last = lanes.lastElementChild;
      const column = last.viewBox.baseVal.width / said.frames.length;
      last.replaceWith(row_of_guesses(last.viewBox.baseVal.width, column));
      reveal(scroll, t * column, (t + 1) * column);
      describe();
    },
    leave: () => { place = null; paint(); describe(); },
  });

  figure.show(
    make("div", { class: "live-controls" }, field.element),
    make("div", { class: "live-choices" }, ...examples),
    scroll, hint,
    make("div", { class: "live-controls" }, play, again, pitch.element, tempo.element, tract.element),
  );
  speak();
  figure.on_resize(paint);
  new MutationObserver(paint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}
