// The search: results while one types in the box (Ctrl-K), and all of them on the page search.html.
"use strict";

(() => {
  const ENDINGS = /(ational|ations?|ingly|ings?|edly|ed|es|s|ly)$/;
  const here = document.documentElement.dataset.content_root || "./";
  let loading = null;

  const load = () => loading ||= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${here}_static/search-data.js`;
    script.onload = () => resolve(window.bookSearch);
    script.onerror = reject;
    document.head.append(script);
  });
  const fold = (text) => text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "");
  const words = (text) => fold(text).match(/[\p{L}\p{N}_]+/gu) || [];
  const stem = (word) => (word.length > 5 ? word.replace(ENDINGS, "") : word.length > 3 ? word.replace(/s$/, "") : word);

  // the query, and the query with what the book calls it
  function readings(query, synonyms) {
    const asked = words(query).join(" ");
    const renamed = Object.keys(synonyms).sort((a, b) => b.length - a.length)
      .reduce((text, name) => text.replace(new RegExp(`(^| )${name}(?= |$)`, "g"), `$1${synonyms[name]}`), asked);
    return [...new Set([asked, renamed])].map((text) => words(text).map(stem));
  }
  function score([, page, title, text], terms, phrase) {
    let sum = 0;
    for (const term of terms) {
      const begins = (list) => list.filter((word) => word.startsWith(term)).length;
      const inTitle = begins(words(title)), inPage = begins(words(page)), inText = begins(words(text));
      if (!inTitle && !inPage && !inText) return 0;
      sum += 12 * Math.min(inTitle, 1) + 3 * Math.min(inPage, 1) + Math.min(inText, 4);
    }
    const close = fold(`${title} ${text}`).includes(phrase) ? 8 : 0;
    return sum + close + (fold(title) === phrase ? 20 : 0) + (title === page ? 2 : 0);
  }
  async function find(query) {
    const { entries, synonyms } = await load();
    const ways = readings(query, synonyms);
    const rank = (entry) => Math.max(...ways.map((terms, i) => terms.length && score(entry, terms, terms.join(" ")) - i));
    const ranked = entries.map((entry) => [rank(entry), entry]).filter(([points]) => points > 0);
    return { terms: ways.flat(), found: ranked.sort((a, b) => b[0] - a[0]).map(([, entry]) => entry) };
  }
  // about 160 letters around the first word that was asked for, with these words marked
  function snippet(text, terms) {
    const pieces = text.split(/(?<=\s)/);
    const hit = (piece) => words(piece).some((word) => terms.some((term) => word.startsWith(term)));
    const first = Math.max(0, pieces.findIndex(hit));
    const shown = pieces.slice(Math.max(0, first - 8), first + 18);
    const line = document.createElement("p");
    if (first > 8) line.append("… ");
    shown.forEach((piece) => {
      if (!hit(piece)) return line.append(piece);
      const mark = document.createElement("mark");
      mark.textContent = piece.trimEnd();
      line.append(mark, " ");
    });
    if (first + 18 < pieces.length) line.append(" …");
    return line;
  }
  async function show(list, status, query, most) {
    if (words(query).join("").length < 2) {
      list.replaceChildren();
      status.textContent = "";
      return;
    }
    const { terms, found } = await find(query);
    list.replaceChildren(...found.slice(0, most).map(([address, page, title, text]) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = here + address;
      const head = document.createElement("strong");
      head.textContent = title;
      link.append(head);
      if (title !== page) link.append(Object.assign(document.createElement("small"), { textContent: page }));
      link.append(snippet(text, terms));
      item.append(link);
      return item;
    }));
    const shown = Math.min(found.length, most);
    status.textContent = !found.length ? `Nothing found for “${query}”.`
      : shown < found.length ? `The first ${shown} of ${found.length} sections; Enter shows all.`
        : `${found.length} ${found.length === 1 ? "section" : "sections"} found.`;
  }
  function attach(field, most, before) {
    const list = Object.assign(document.createElement("ol"), { className: "search-found" });
    const status = Object.assign(document.createElement("p"), { className: "search-status" });
    status.setAttribute("role", "status");
    before.after(status, list);
    field.addEventListener("input", () => show(list, status, field.value, most));
    before.parentElement.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const places = [field, ...list.querySelectorAll("a")];
      const at = places.indexOf(document.activeElement);
      if (!step || at < 0) return;
      places[Math.max(0, Math.min(places.length - 1, at + step))].focus();
      event.preventDefault();
    });
    return () => show(list, status, field.value, most);
  }
  document.addEventListener("DOMContentLoaded", () => {
    const box = document.querySelector("#pst-search-dialog");
    if (box) attach(box.querySelector("input"), 8, box.querySelector("form"));
    const results = document.querySelector("#search-results");
    if (!results) return;
    const form = [...document.querySelectorAll("form.bd-search")].find((form) => !form.closest("dialog"));
    const again = attach(form.querySelector("input"), 200, results);
    form.addEventListener("submit", (event) => { event.preventDefault(); again(); });
    form.querySelector("input").value = new URLSearchParams(window.location.search).get("q") || "";
    again();
  });
})();
