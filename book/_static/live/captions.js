// Lesson 14: two shapes that the reader places, and the caption that a network writes, each word with its probability.
import { add, concatenate, greedy_search, next_word, product, tanh, unpack_params } from "./cells.js";
import { barred, choices, decimal, is_shortcut, make, once_a_frame, percent } from "./figure.js";

// filters, one in each row of K, over an image { channels, rows, cols, data }, channel after channel
export function convolution_forward(x, K, b, stride, padding) {
  const k = Math.round(Math.sqrt(K.cols / x.channels));
  const places = (size) => Math.floor((size + 2 * padding - k) / stride) + 1;
  const z = { channels: K.rows, rows: places(x.rows), cols: places(x.cols) };
  z.data = new Float64Array(z.channels * z.rows * z.cols);
  for (let f = 0, at = 0; f < z.channels; f++) for (let r = 0; r < z.rows; r++) for (let s = 0; s < z.cols; s++) {
    let sum = b.data[f];
    for (let c = 0, w = f * K.cols; c < x.channels; c++) for (let u = 0; u < k; u++) for (let v = 0; v < k; v++, w++) {
      const [row, col] = [r * stride + u - padding, s * stride + v - padding];
      if (row >= 0 && row < x.rows && col >= 0 && col < x.cols) sum += K.data[w] * x.data[(c * x.rows + row) * x.cols + col];
    }
    z.data[at++] = sum;
  }
  return z;
}

// a picture of size x size pixels as red, green and blue from 0 to 1, pixel after pixel; the network reads white as 0
export function see(picture, size, params) {
  let x = { channels: 3, rows: size, cols: size, data: new Float64Array(picture.length) };
  for (let i = 0; i < size * size; i++) for (let c = 0; c < 3; c++) x.data[c * size * size + i] = 1 - picture[3 * i + c];
  for (const [layer, k] of [[1, 5], [2, 3]]) {
    x = convolution_forward(x, params[`K${layer}`], params[`bK${layer}`], 2, (k - 1) / 2);
    x.data = x.data.map((value) => Math.max(value, 0));
  }
  const root = Math.sqrt(x.data.length);
  return x.data.map((value) => value / root);
}

export class Captioner {
  constructor({ cell, vocabulary, params, size }) {
    this.params = unpack_params(params);
    this.step = next_word(this.params, cell);
    Object.assign(this, { vocabulary, size });
    this.end = vocabulary.indexOf("<EOS>");
    this.never = ["<PAD>", "<UNK>"].map((word) => vocabulary.indexOf(word));
  }

  // the words of a caption by greedy search, each with its probability, <EOS> at the end; asked: what stands below the features
  tell(picture, asked = null) {
    let features = see(picture, this.size, this.params);
    if (asked) features = concatenate(features, Float64Array.from(asked));
    const first = [{ a: tanh(add(product(this.params.Wi, features), this.params.bi.data)), c: null }];
    const seen = [];
    const step = (state, token) => {
      const next = this.step(state, token);
      seen.push(next[0]);
      return next;
    };
    const tokens = [...greedy_search(step, first, this.end, { max_length: 15, reject: this.never }), this.end];
    return seen.map((log_p, t) => [this.vocabulary[tokens[t]], Math.exp(log_p[tokens[t]])]); // at 15 words there is no end
  }
}

// of what a captioner tells: the words without the end, and the probability of the whole
export const written = (told) => told.map(([word]) => word).filter((word) => word !== "<EOS>");
export const probability_of = (told) => told.reduce((product, [, p]) => product * p, 1);

const DEPTHS = {
  circle: (x, y, r) => r - Math.hypot(x, y),
  square: (x, y, r) => 0.85 * r - Math.max(Math.abs(x), Math.abs(y)),
  triangle: (x, y, r) => Math.min(0.8 * r - y, 0.45 * (y + 1.1 * r) - 0.9 * Math.abs(x)),
  diamond: (x, y, r) => 0.8 * (1.15 * r - Math.abs(x) - Math.abs(y)),
};

// put a colour on a picture wherever depth(x, y) is above zero, softly at the border
export function ink(picture, size, colour, depth) {
  for (let row = 0, i = 0; row < size; row++) for (let column = 0; column < size; column++, i += 3) {
    const covered = Math.max(0, Math.min(1, depth(column + 0.5, row + 0.5) + 0.5));
    if (covered) for (let c = 0; c < 3; c++) picture[i + c] = picture[i + c] * (1 - covered) + colour[c] * covered;
  }
}

// things: [colour, shape, [column, row], radius]
export function paint(things, size, colours) {
  const picture = new Float64Array(3 * size * size).fill(1);
  for (const [colour, shape, [x, y], radius] of things) {
    ink(picture, size, colours[colour], (column, row) => DEPTHS[shape](column - x, row - y, radius));
  }
  return picture;
}

// a canvas with things that are moved by pointer, touch or arrow keys. things: { name(), at: [column, row] }
export function playground(size, label, things, change) {
  const canvas = make("canvas", { width: size, height: size, class: "live-screen", role: "img", "aria-label": label });
  const element = make("div", { class: "live-playground", role: "application", "aria-label": "A picture in which the arrow keys move things" }, canvas);
  const handles = things.map((thing) => {
    const move = (column, row) => {
      thing.at = [column, row].map((value) => Math.max(1, Math.min(size - 1, Math.round(2 * value) / 2)));
      change();
    };
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const handle = make("button", { type: "button", class: "live-handle" });
    const point = (event) => {
      const box = canvas.getBoundingClientRect();
      const lift = thing.lift || 0; // where the thing is held, above the place that it stands on
      move(size * (event.clientX - box.left) / box.width, size * (event.clientY - box.top) / box.height + lift);
    };
    handle.addEventListener("pointerdown", (event) => { handle.setPointerCapture(event.pointerId); });
    handle.addEventListener("pointermove", (event) => { if (handle.hasPointerCapture(event.pointerId)) point(event); });
    handle.addEventListener("keydown", (event) => {
      const step = steps[event.key];
      if (!step || is_shortcut(event)) return;
      event.preventDefault();
      move(thing.at[0] + step[0], thing.at[1] + step[1]);
    });
    element.append(handle);
    return handle;
  });
  const show = (picture) => {
    const context = canvas.getContext("2d");
    const image = context.createImageData(size, size);
    for (let i = 0; i < size * size; i++) {
      for (let c = 0; c < 3; c++) image.data[4 * i + c] = Math.round(255 * picture[3 * i + c]);
      image.data[4 * i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
    things.forEach((thing, i) => {
      handles[i].style.left = `${100 * thing.at[0] / size}%`;
      handles[i].style.top = `${100 * (thing.at[1] - (thing.lift || 0)) / size}%`;
      handles[i].setAttribute("aria-label", `${thing.name()}, column ${thing.at[0]}, row ${thing.at[1]}: move it with the arrow keys`);
    });
  };
  return { element, show };
}

export default function captions(figure, stored) {
  const captioner = new Captioner(stored);
  const soon = once_a_frame(() => paint_all());
  const colours = Object.keys(stored.colours);
  const things = [
    { size: "large", colour: "red", shape: "circle", radius: 5, at: [12, 17.5] },
    { size: "small", colour: "blue", shape: "square", radius: 3.5, at: [11, 6.5] },
  ];
  for (const thing of things) thing.name = () => `The ${thing.size} ${thing.colour} ${thing.shape}`;
  const ground = playground(stored.size, "The picture that the network reads: two shapes", things, soon);
  const pickers = things.map((thing) => make("div", { class: "live-picker" },
    choices(`Colour of the ${thing.size} shape`, colours, colours.indexOf(thing.colour), (i) => { thing.colour = colours[i]; soon(); }).element,
    choices(`Form of the ${thing.size} shape`, stored.shapes, stored.shapes.indexOf(thing.shape), (i) => { thing.shape = stored.shapes[i]; soon(); }).element));
  const told = make("ol", { class: "live-told", "aria-label": "The caption, word by word" });

  function paint_all() {
    const picture = paint(things.map(({ colour, shape, at, radius }) => [colour, shape, at, radius]), stored.size, stored.colours);
    ground.show(picture);
    const words = captioner.tell(picture);
    told.replaceChildren(...words.map(([word, p]) => make("li", {}, ...barred(word === "<EOS>" ? "end" : word, p, decimal(p)))));
    figure.say(`“${written(words).join(" ")}”, with a probability of ${percent(probability_of(words))}.`);
  }

  figure.show(make("div", { class: "live-gallery" }, ground.element, make("div", { class: "live-pickers" },
    make("p", { class: "live-note" }, "The large shape"), pickers[0], make("p", { class: "live-note" }, "The small shape"), pickers[1])), told);
  paint_all();
}
