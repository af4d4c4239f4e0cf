// Lesson 16, one map: the lessons as buttons, lines to what each builds on, its problem and idea below; and a test whose mistakes are
// marked on the map, each with the section to read again.
import { button, draw, make } from "./figure.js";

const MARKS = { right: ["✓", "answered right"], wrong: ["✗", "to read again"] };

const shuffled = (items) => items.map((item) => [Math.random(), item]).sort(([a], [b]) => a - b).map(([, item]) => item);
const link = ({ title, href }) => make("a", { href }, title);
const list = (items) => make("ul", {}, ...items.map((item) => make("li", {}, item)));

// one question of each lesson that has any, in the order of the lessons
export const drawn = (lessons) => lessons.filter(({ questions }) => questions.length)
  .map((lesson) => ({ lesson, question: shuffled(lesson.questions)[0] }));

export default function lessons_map(figure, { lessons }) {
  const by_number = Object.fromEntries(lessons.map((lesson) => [lesson.number, lesson]));
  const marks = {};
  let chosen = 8;
  const nodes = lessons.map((lesson) => ({
    lesson, element: button("", () => choose(lesson.number), { pressed: false }),
  }));
  const lines = draw("svg", { class: "live-lessons-lines", "aria-hidden": "true" });
  const map = make("div", { class: "live-lessons", role: "group", "aria-label": "Lessons" }, lines, ...nodes.map(({ element }) => element));
  const about = make("div", { class: "live-about" });
  const test = make("div", { class: "live-test", role: "group", "aria-label": "Test yourself" });

  const title = ({ number, name }) => `${number}. ${name}`;
  const leads_to = (number) => lessons.filter((lesson) => lesson.number < 16 && lesson.builds_on.includes(number));
  const builds_on = ({ number, builds_on: before }) => (number === 16 ? [] : before.map((one) => by_number[one]));

  function choose(number) {
    chosen = number;
    const lesson = by_number[number];
    const near = (label, some) => (some.length ? [make("div", { class: "live-near" }, make("span", { class: "live-note" }, label),
      ...some.map((one) => button(title(one), () => { choose(one.number); nodes[one.number - 1].element.focus(); })))] : []);
    about.replaceChildren(
      make("p", { class: "live-chosen" }, title(lesson)),
      make("p", {}, make("b", {}, "Problem. "), lesson.problem), make("p", {}, make("b", {}, "Idea. "), lesson.idea), make("p", {}, make("b", {}, "Price. "), lesson.price),
      ...near("builds on", builds_on(lesson)), ...near("leads to", leads_to(number)),
      ...(lesson.sections.length ? [make("details", {}, make("summary", {}, "Its sections"), list(lesson.sections.map(link)))] : []),
    );
    paint();
    const before = builds_on(lesson).map(({ number: one }) => one).join(", ");
    figure.say(`Lesson ${number}, ${lesson.name}. Problem: ${lesson.problem} Idea: ${lesson.idea}${before ? ` Builds on ${before}.` : number === 16 ? " Builds on all." : ""}`);
  }

  function paint() {
    const near = new Set([...by_number[chosen].builds_on, ...leads_to(chosen).map(({ number }) => number)]);
    for (const { lesson, element } of nodes) {
      const mark = MARKS[marks[lesson.number]];
      element.setAttribute("aria-pressed", String(lesson.number === chosen));
      element.dataset.near = String(near.has(lesson.number));
      element.dataset.mark = marks[lesson.number] || "";
      element.textContent = mark ? `${title(lesson)} ${mark[0]}` : title(lesson);
      if (mark) element.setAttribute("aria-label", `${title(lesson)}, ${mark[1]}`); else element.removeAttribute("aria-label");
    }
    connect();
  }

  // from the middle of one button to that of another, behind both
  function connect() {
    const middle = ({ element }) => [element.offsetLeft + element.offsetWidth / 2, element.offsetTop + element.offsetHeight / 2];
    const places = Object.fromEntries(nodes.map((node) => [node.lesson.number, middle(node)]));
    lines.replaceChildren(...lessons.filter(({ number }) => number < 16).flatMap(({ number, builds_on: before }) => before.map((one) => {
      const [[x1, y1], [x2, y2]] = [places[one], places[number]];
      return draw("line", { x1, y1, x2, y2, class: number === chosen ? "live-from" : one === chosen ? "live-to" : "live-other" });
    })));
  }

  function begin() {
    const asked = drawn(lessons);
    const missed = [];
    for (const number of Object.keys(marks)) delete marks[number];
    paint();
    let place = 0;
    ask();

    function ask() {
      const { lesson, question } = asked[place];
      const feedback = make("p", { class: "live-feedback" });
      const go_on = button(place + 1 < asked.length ? "Next question" : "What to read again", () => { place += 1; if (place < asked.length) ask(); else end(); });
      go_on.classList.add("live-main", "live-not-yet");
      const answers = shuffled(question.answers).map((answer) => {
        const one = button(answer.answer, () => {
          if (!go_on.classList.contains("live-not-yet")) return;
          marks[lesson.number] = answer.correct ? "right" : "wrong";
          if (!answer.correct) missed.push({ lesson, question });
          one.dataset.mark = marks[lesson.number];
          answers.forEach((other) => { if (other !== one) other.setAttribute("aria-disabled", "true"); });
          feedback.textContent = answer.feedback;
          go_on.classList.remove("live-not-yet");
          paint();
          figure.say(`${answer.correct ? "Right" : "Not right"}. ${answer.feedback.replace(/^Right\. /, "")}`);
          go_on.focus({ preventScroll: true });
        });
        return one;
      });
      test.replaceChildren(make("p", { class: "live-note" }, `Question ${place + 1} of ${asked.length}, lesson ${lesson.number}`),
        make("p", { class: "live-asked", tabindex: -1 }, question.question), make("div", { class: "live-answers" }, ...answers), feedback, go_on);
      if (place) test.querySelector(".live-asked").focus({ preventScroll: true });
    }

    function end() {
      const right = asked.length - missed.length;
      const again = button("Test again, with other questions", begin);
      test.replaceChildren(make("p", { class: "live-asked", tabindex: -1 }, `${right} of ${asked.length} right.`),
        ...(missed.length ? [make("p", {}, "Read again:"), list(missed.map(({ question }) => link(question.section)))] : []), again);
      test.querySelector(".live-asked").focus({ preventScroll: true });
      figure.say(`${right} of ${asked.length} right.${missed.length ? ` Read again: ${missed.map(({ question }) => question.section.title).join("; ")}.` : ""}`);
    }
  }

  const start = button("Test yourself", begin);
  start.classList.add("live-main");
  test.append(start);
  figure.read_only(); // what is said stands in the figure, too
  figure.show(map, about, test);
  figure.on_resize(connect);
  choose(chosen);
}
