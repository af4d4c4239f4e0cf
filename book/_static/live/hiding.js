// Lesson 14: a dog or a cat and a piece of furniture, and what one captioner says of the picture in five outputs.
import { Captioner, ink, playground, probability_of, written } from "./captions.js";
import { choices, make, once_a_frame, percent } from "./figure.js";

const DEPTHS = {
  box: (x, y, width, height) => Math.min(width - Math.abs(x), height - Math.abs(y)),
  ellipse: (x, y, width, height) => Math.min(width, height) * (1 - Math.hypot(x / width, y / height)),
  triangle: (x, y, width, height) => Math.min(height - y, ((y + height) * width) / (2 * height) - Math.abs(x)),
};
const LANGUAGES = { French: "fr", Hindi: "hi", Marathi: "mr" };

// the picture of hiding.compose, without noise
export function compose(stored, furniture, column, animal, at) {
  const { size, floor, parts, wood, fur } = stored;
  const picture = new Float64Array(3 * size * size).fill(1);
  picture.fill(0.88, 3 * size * Math.floor(floor));
  for (const [name, [x, y], colour] of [[furniture, [column, floor], wood], [animal, at, fur]]) {
    for (const [kind, across, down, width, height] of parts[name]) {
      ink(picture, size, colour, (c, r) => DEPTHS[kind](c - across - x, r - down - y, width, height));
    }
  }
  return picture;
}

// where the furniture stands, and the animal's paws, as in the training pictures
export function put(stored, furniture, place) {
  const { size, floor, parts, tops } = stored;
  const [middle, aside] = [size / 2, 4];
  const width = parts[furniture][0][3];
  if (place === "near") return { column: middle - aside, at: [middle - aside + width + 3.75, floor] };
  return { column: middle, at: [middle, floor + (place === "on" ? tops[furniture] : 0)] };
}

export const one_hot = (stored, output) => stored.outputs.map((name) => Number(name === output));

export default function hiding(figure, stored) {
  const captioner = new Captioner(stored);
  const soon = once_a_frame(() => paint_all());
  const [animals, furniture, places] = [["dog", "cat"], ["bed", "table", "chair"], ["under", "on", "near"]];
  const now = { animal: "dog", furniture: "bed", place: "under" };
  const animal = { name: () => `The ${now.animal}`, lift: 3 };
  const settle = () => { ({ column: now.column, at: animal.at } = put(stored, now.furniture, now.place)); };
  const ground = playground(stored.size, "The picture that the network reads: an animal and a piece of furniture", [animal], () => { where.set(-1); soon(); });
  const where = choices("Put the animal", places, 0, (i) => { now.place = places[i]; settle(); soon(); });
  const pickers = make("div", { class: "live-pickers" },
    choices("Animal", animals, 0, (i) => { now.animal = animals[i]; soon(); }).element,
    choices("Furniture", furniture, 0, (i) => { now.furniture = furniture[i]; settle(); where.set(places.indexOf(now.place)); soon(); }).element,
    where.element);
  const rows = stored.outputs.map((output) => {
    const [said, p] = [make("b", { lang: LANGUAGES[output] || "en" }), make("small", {})];
    return { output, said, p, element: make("div", { class: "live-said-in" }, make("span", { class: "live-note" }, output), said, p) };
  });

  function paint_all() {
    const picture = compose(stored, now.furniture, now.column, now.animal, animal.at);
    ground.show(picture);
    for (const { output, said, p } of rows) {
      const words = captioner.tell(picture, one_hot(stored, output));
      said.textContent = written(words).join(output === "words" ? ", " : " ");
      p.textContent = percent(probability_of(words));
    }
    figure.say(`English: “${rows[1].said.textContent}”, with a probability of ${rows[1].p.textContent}.`);
  }

  figure.show(make("div", { class: "live-gallery" }, ground.element, pickers), make("div", { class: "live-outputs" }, ...rows.map(({ element }) => element)));
  settle();
  paint_all();
}
