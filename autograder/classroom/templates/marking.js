"use strict";
// The secret came in the address; from here on only this closure and this tab's storage have it, and the address bar no longer shows
// it. When the page is loaded again, the server's door takes it from there.
(() => {
  const secret = new URLSearchParams(location.search).get("secret");
  sessionStorage.setItem("secret", secret);
  history.replaceState(null, "", "/");
  // Answers arrive cleaned, and the page's policy runs nothing in them; this is the one place where they become HTML.
  const cleaned = window.trustedTypes
    ? trustedTypes.createPolicy("answer", { createHTML: (html) => html })
    : { createHTML: (html) => html };
  const at = (id) => document.getElementById(id);
  const state = { questions: [], question: null, current: 0, openOnly: false };

  const ask = async (path, body) => {
    const options = { headers: { "X-Secret": secret } };
    if (body) Object.assign(options, { method: "POST", body: JSON.stringify(body) });
    const reply = await fetch(path, options);
    return { status: reply.status, value: await reply.json() };
  };
  const say = (text) => { at("said").textContent = text; };
  const made = (tag, text, attributes = {}) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const shown = (number) => (number === null ? "" : String(Math.round(number * 100) / 100));

  const left = (mark) => mark.open || mark.again;

  const scale = (points) => {
    const steps = [];
    for (let value = 0; value <= points && steps.length < 12; value += 1) steps.push(value);
    if (steps[steps.length - 1] !== points) steps.push(points);
    return steps;
  };

  // The button of a score is pressed; one between two buttons gets a place of its own.
  const press = (article, score) => {
    const buttons = [...article.querySelectorAll(".scale button[value]")];
    article.querySelector(".scale .between")?.remove();
    for (const button of buttons) button.setAttribute("aria-pressed", String(score !== null && Number(button.value) === score));
    if (score === null || buttons.some((button) => Number(button.value) === score)) return;
    const between = made("span", shown(score), { class: "between" });
    const above = buttons.find((button) => Number(button.value) > score);
    if (above) above.before(between); else buttons[buttons.length - 1].after(between);
  };

  const draw = (index) => {
    const answer = state.question.answers[index];
    const article = answer.element;
    const { mark } = answer;
    article.className = left(mark) ? "open" : "marked";
    article.querySelector(".points").textContent = mark.open
      ? "not marked" : `${shown(mark.score)} / ${shown(state.question.points)}${mark.again ? ", given before a change" : ""}`;
    press(article, mark.open ? null : mark.score);
    article.querySelector(".stands").hidden = !mark.again;
    const comment = article.querySelector("input");
    // What is being typed, or is on its way to the gradebook, is newer than the mark.
    if (document.activeElement !== comment && !answer.waiting) comment.value = mark.comment;
    article.hidden = state.openOnly && !left(mark) && index !== state.current;
  };

  // What else the student wrote: open where the answer's own cell is blank, since it may be the answer.
  const others = (answer) => {
    if (!answer.others.length) return [];
    const details = made("details", undefined, { class: "others" });
    details.open = answer.blank;
    details.append(made("summary", answer.blank
      ? "Its own cell is blank; the student wrote this in other cells"
      : `Other text of the student's in this notebook (${answer.others.length})`));
    for (const html of answer.others) {
      const text = made("div", undefined, { class: "text" });
      text.innerHTML = cleaned.createHTML(html);
      details.append(text);
    }
    return [details];
  };

  const fill = (answer) => {
    const text = answer.element.querySelector(".text");
    text.innerHTML = cleaned.createHTML(answer.html);
    if (!text.textContent.trim()) text.append(made("p", "nothing was written", { class: "empty" }));
  };

  const build = (answer, index) => {
    const article = made("article", undefined, { tabindex: "-1", "aria-label": answer.who });
    const header = made("header");
    header.append(made("span", answer.who), made("span", "", { class: "points" }));
    const text = made("div", undefined, { class: "text" });
    const row = made("div", undefined, { class: "scale", role: "group", "aria-label": "Points" });
    for (const value of scale(state.question.points)) {
      const button = made("button", shown(value), { type: "button", value: String(value) });
      button.addEventListener("click", () => { select(index); save(index, value); });
      row.append(button);
    }
    const stands = made("button", "the mark stands (y)", { type: "button", class: "stands" });
    stands.addEventListener("click", () => { select(index); stand(); });
    row.append(stands);
    const comment = made("input", undefined, { "aria-label": "Comment", placeholder: "comment", maxlength: "10000" });
    comment.addEventListener("focus", () => select(index, false));
    comment.addEventListener("change", () => save(index));
    row.append(comment);
    article.append(header, text, ...others(answer), row);
    article.addEventListener("click", () => select(index, false));
    answer.element = article;
    fill(answer);
    return article;
  };

  const count = () => {
    const { answers } = state.question;
    const todo = answers.filter((answer) => left(answer.mark)).length;
    const again = answers.filter((answer) => answer.mark.again).length;
    const told = again ? `, ${again} to look at again` : "";
    at("left").textContent = todo ? `${todo} of ${answers.length} left${told}` : `all ${answers.length} marked`;
    at("progress").value = answers.length ? 1 - todo / answers.length : 1;
    const entry = state.questions.find((question) => question.name === state.question.name);
    entry.left = todo;
    [...at("questions").options].forEach((option, i) => { option.textContent = label(state.questions[i]); });
  };
  const label = (question) => `${question.title} (${question.left} left)`;

  const comments = () => {
    const used = new Map();
    for (const { mark } of state.question.answers) if (mark.comment) used.set(mark.comment, (used.get(mark.comment) || 0) + 1);
    state.comments = [...used.keys()].sort((a, b) => used.get(b) - used.get(a) || (a < b ? -1 : 1)).slice(0, 8);
    at("comments").replaceChildren(...state.comments.map((text) => {
      const item = made("li");
      const button = made("button", text, { type: "button" });
      button.addEventListener("click", () => reuse(text));
      item.append(button);
      return item;
    }));
  };

  const select = (index, focus = true) => {
    const before = state.current;
    state.current = Math.max(0, Math.min(state.question.answers.length - 1, index));
    if (before !== state.current && state.question.answers[before]) draw(before);
    const { element } = state.question.answers[state.current];
    element.hidden = false;
    if (focus) { element.focus({ preventScroll: true }); element.scrollIntoView({ block: "nearest" }); }
  };

  // One save after the other, so that each knows what the one before has written. Without a score the answer keeps the one it has by then.
  let saving = Promise.resolve();
  const waiting = (change) => { document.body.dataset.waiting = String(Number(document.body.dataset.waiting || 0) + change); };
  const save = (index, score, comment) => {
    const { question } = state;
    const answer = question.answers[index];
    const field = answer.element.querySelector("input");
    if (comment !== undefined) field.value = comment;
    const text = field.value;
    const conflicts = answer.conflicts || 0;
    answer.waiting = (answer.waiting || 0) + 1;
    waiting(1);
    saving = saving.then(async () => {
      try {
        const { mark } = answer;
        const given = score === undefined ? (mark.open ? null : mark.score) : score;
        const body = { token: answer.token, seen: mark.version, score: given, comment: text };
        // What was asked for before a conflict was shown does not overwrite the other person's mark.
        const { status, value } = conflicts === (answer.conflicts || 0) ? await ask(`/questions/${question.name}`, body) : {};
        if (status === undefined) { /* the conflict's message stays */ }
        else if (status === 200) { answer.mark = value; say(""); }
        else if (status === 409) {
          const other = value.html !== answer.html;
          Object.assign(answer, { mark: value.mark, html: value.html, conflicts: conflicts + 1 });
          if (other) fill(answer);
          say(other
            ? `Another text of ${answer.who} has been graded meanwhile. It is shown now; your mark was not written.`
            : `Somebody else has marked ${answer.who} meanwhile: ${value.mark.open ? "no mark" : shown(value.mark.score)}. It is shown now; yours was not written.`);
        } else say(value.error);
      } catch { say("Not written: `autograder mark` no longer runs. Start it again; what was written before is kept."); }
      answer.waiting -= 1;
      if (question === state.question) { draw(index); count(); comments(); }
      waiting(-1);
    });
    return saving;
  };
  const stand = () => { if (state.question.answers[state.current].mark.again) save(state.current); };
  const reuse = (text) => save(state.current, undefined, text);

  const next = (step, openOnly) => {
    const { answers } = state.question;
    for (let index = state.current + step; index >= 0 && index < answers.length; index += step) {
      if ((!openOnly && !state.openOnly) || left(answers[index].mark)) return select(index);
    }
    if (openOnly) {
      const first = answers.findIndex((answer) => left(answer.mark));
      if (first >= 0) return select(first);
      say("");
      at("left").textContent = `all ${answers.length} marked`;
    }
  };

  const load = async (name) => {
    const { value } = await ask(`/questions/${name}`);
    Object.assign(state, { question: value, current: 0 });
    at("questions").value = name;
    at("title").textContent = `${value.title} (${shown(value.points)} points)`;
    at("asked").innerHTML = cleaned.createHTML(value.asked);
    at("key").innerHTML = cleaned.createHTML(value.key);
    at("answers").replaceChildren(...value.answers.map(build));
    value.answers.forEach((_, index) => draw(index));
    count();
    comments();
    select(Math.max(0, value.answers.findIndex((answer) => left(answer.mark))));
    document.body.dataset.loaded = name;
  };

  const other = (step) => {
    const index = state.questions.findIndex((question) => question.name === state.question.name);
    const target = state.questions[index + step];
    if (target) load(target.name);
  };
  const points = (value) => { if (value <= state.question.points) save(state.current, value); else say(`At most ${shown(state.question.points)} points.`); };
  const half = () => {
    // A digit may still be on its way to the gradebook.
    const { question, current } = state;
    waiting(1);
    saving.then(() => {
      const { mark } = question.answers[current];
      const value = (mark.open ? 0 : mark.score) + 0.5;
      if (value <= question.points && question === state.question) save(current, value);
      waiting(-1);
    });
  };

  window.addEventListener("beforeunload", (event) => { if (Number(document.body.dataset.waiting || 0)) event.preventDefault(); });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input:not([type=checkbox]), select, textarea");
    if (event.ctrlKey || event.metaKey || event.altKey || !state.question) return;
    if (typing) {
      if (event.key === "Escape" || (event.key === "Enter" && event.target.matches("input"))) { event.target.blur(); select(state.current); event.preventDefault(); }
      return;
    }
    if (event.key === "Enter" && event.target.matches("button")) return;
    const act = {
      Enter: () => next(1, true), n: () => next(1, true), j: () => next(1), k: () => next(-1), ArrowDown: () => next(1), ArrowUp: () => next(-1),
      c: () => state.question.answers[state.current].element.querySelector("input").focus(),
      y: stand, u: () => save(state.current, null), Backspace: () => save(state.current, null), ".": half, ",": half,
      o: () => { at("open-only").click(); }, "[": () => other(-1), "]": () => other(1),
    }[event.key];
    if (act) { event.preventDefault(); act(); }
    else if (/^[0-9]$/.test(event.key)) { event.preventDefault(); points(Number(event.key)); }
    else if (/^[A-H]$/.test(event.key) && state.comments[event.key.charCodeAt(0) - 65] !== undefined) reuse(state.comments[event.key.charCodeAt(0) - 65]);
  });
  at("questions").addEventListener("change", (event) => { load(event.target.value); event.target.blur(); });
  at("open-only").addEventListener("change", (event) => {
    state.openOnly = event.target.checked;
    state.question.answers.forEach((_, index) => draw(index));
    event.target.blur();
    select(state.current);
  });

  ask("/questions").then(({ status, value }) => {
    if (status !== 200) return say(value.error);
    state.questions = value;
    at("questions").replaceChildren(...value.map((question) => made("option", label(question), { value: question.name })));
    return load((value.find((question) => question.left) || value[0]).name);
  });
})();
