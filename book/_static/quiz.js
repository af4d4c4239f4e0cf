// The quiz: an answer is explained at once; the score counts first answers; "Try again" begins anew.
"use strict";

function makeQuiz(quiz) {
  const questions = [...quiz.querySelectorAll("fieldset")];
  const score = quiz.querySelector(".quiz-score");
  const again = quiz.querySelector(".quiz-foot button");
  const first = new Map();

  function say() {
    const right = [...first.values()].filter(Boolean).length;
    const left = questions.length - first.size;
    score.value = `${right} of ${first.size} right at the first try${left ? `, ${left} to go` : ""}`;
    again.hidden = false;
  }
  function answer(question, input) {
    const right = "right" in input.dataset;
    if (!first.has(question)) first.set(question, right);
    question.querySelectorAll(".quiz-answer").forEach((label) => label.classList.remove("right", "wrong"));
    const label = input.closest("label");
    label.classList.add(right ? "right" : "wrong");
    // the region that is read aloud holds a copy of the explanation and stands below the answer
    const region = question.querySelector("[aria-live]");
    region.innerHTML = label.nextElementSibling.innerHTML;
    region.className = `quiz-said ${right ? "right" : "wrong"}`;
    say();
  }
  function begin() {
    first.clear();
    quiz.querySelectorAll("input").forEach((input) => { input.checked = false; });
    quiz.querySelectorAll(".quiz-answer").forEach((label) => label.classList.remove("right", "wrong"));
    quiz.querySelectorAll("[aria-live]").forEach((region) => { region.innerHTML = ""; region.className = ""; });
    score.value = "";
    again.hidden = true;
  }
  questions.forEach((question) => question.addEventListener("change", (event) => answer(question, event.target)));
  again.addEventListener("click", () => {
    begin();
    questions[0].querySelector("input").focus();
  });
  begin(); // a browser that comes back to the page checks the old answers, and only those
}

document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".quiz").forEach(makeQuiz));
