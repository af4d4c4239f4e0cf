// The search: results while one types in the box (Ctrl-K), and all of them on the page search.html.
"use strict";

(() => {
  const ENDINGS = /(ational|ations?|ingly|ings?|edly|ed|es|s|ly)$/;
  const here = document.documentElement.dataset.content_root || "./";
  let loading = null;

  const fold = (text) => text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "");
  const words = (text) => fold(text).match(/[\p{L}\p{N}_]+/gu) || [];
  const stem = (word) => (word.length > 5 ? word.replace(ENDINGS, "") : word.length > 3 ? word.replace(/s$/, "") : word);

  // an entry with its words, which are the same for every query
  function prepared([address, page, title, text]) {
    const [inPage, inTitle, inText] = [page, title, text].map(words);
    return { address, page, title, text, inPage, inTitle, inText, titleLine: inTitle.join(" "), line: [...inTitle, ...inText].join(" ") };
  }
  const load = () => loading ||= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${here}_static/search-data.js`;
    script.onload = () => resolve({ entries: window.bookSearch.entries.map(prepared), synonyms: window.bookSearch.synonyms });
    script.onerror = () => { loading = null; script.remove(); reject(new Error(script.src)); };
    document.head.append(script);
  });

  // the query, and the query with what the book calls it: as a phrase and as the beginnings of its words
  function readings(query, synonyms) {
    const asked = words(query).join(" ");
    const renamed = Object.keys(synonyms).sort((a, b) => b.length - a.length)
      .reduce((text, name) => text.replace(new RegExp(`(^| )${name}(?= |$)`, "g"), `$1${synonyms[name]}`), asked);
    return [...new Set([asked, renamed])].map((phrase) => ({ phrase, terms: words(phrase).map(stem) }));
  }
  function score(entry, { terms, phrase }) {
    let sum = 0;
    for (const term of terms) {
      const begins = (list) => list.filter((word) => word.startsWith(term)).length;
      const [inTitle, inPage, inText] = [entry.inTitle, entry.inPage, entry.inText].map(begins);
      if (!inTitle && !inPage && !inText) return 0;
      sum += 12 * Math.min(inTitle, 1) + 3 * Math.min(inPage, 1) + Math.min(inText, 4);
    }
    const close = entry.line.includes(phrase) ? 8 : 0;
    return sum + close + (entry.titleLine === phrase ? 20 : 0) + (entry.title === entry.page ? 2 : 0);
  }
  async function find(query) {
    const { entries, synonyms } = await load();
    const ways = readings(query, synonyms);
    const rank = (entry) => Math.max(...ways.map((way, i) => way.terms.length && score(entry, way) - i));
    const ranked = entries.map((entry) => [rank(entry), entry]).filter(([points]) => points > 0);
    return { terms: ways.flatMap((way) => way.terms), found: ranked.sort((a, b) => b[0] - a[0]).map(([, entry]) => entry) };
  }
  // about 160 letters around the first word that was asked for, with these words marked
  function snippet(text, terms) {
    const pieces = text.match(/\S+\s*/g) || [];
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
  function result({ address, page, title, text }, terms) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = here + address;
    // a result on the page that is open changes only the place on it
    link.addEventListener("click", () => link.closest("dialog")?.close());
    const head = document.createElement("strong");
    head.textContent = title;
    link.append(head);
    if (title !== page) link.append(Object.assign(document.createElement("small"), { textContent: page }));
    link.append(snippet(text, terms));
    item.append(link);
    return item;
  }
  function summary(query, count, most, inBox) {
    if (!count) return `Nothing found for “${query}”.`;
    if (count > most) return `The first ${most} of ${count} sections${inBox ? "; Enter shows all" : ""}.`;
    return `${count} ${count === 1 ? "section" : "sections"} found.`;
  }
  // what is found for a field stands behind an element; inBox: there is a page that shows more. The function that searches comes back
  function attach(field, most, before, inBox) {
    const list = Object.assign(document.createElement("ol"), { className: "search-found" });
    const status = Object.assign(document.createElement("p"), { className: "search-status" });
    status.setAttribute("role", "status");
    before.after(status, list);
    const show = (items, text) => { list.replaceChildren(...items); status.textContent = text; };
    async function search() {
      const query = field.value;
      if (words(query).join("").length < 2) { show([], ""); return; }
      try {
        const { terms, found } = await find(query);
        if (field.value !== query) return; // the reader has typed on
        show(found.slice(0, most).map((entry) => result(entry, terms)), summary(query, found.length, most, inBox));
      } catch (error) {
        show([], "The list of sections could not be loaded. The next letter tries again.");
        throw error;
      }
    }
    field.addEventListener("input", search);
    before.parentElement.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const places = [field, ...list.querySelectorAll("a")];
      const at = places.indexOf(document.activeElement);
      if (!step || at < 0) return;
      places[Math.max(0, Math.min(places.length - 1, at + step))].focus();
      event.preventDefault();
    });
    return search;
  }
  document.addEventListener("DOMContentLoaded", () => {
    const box = document.querySelector("#pst-search-dialog");
    if (box) attach(box.querySelector("input"), 8, box.querySelector("form"), true);
    const results = document.querySelector("#search-results");
    if (!results) return;
    const form = [...document.querySelectorAll("form.bd-search")].find((form) => !form.closest("dialog"));
    const field = form.querySelector("input");
    const search = attach(field, 200, results, false);
    form.addEventListener("submit", (event) => { event.preventDefault(); search(); });
    // whoever comes back from a result, or shares the address, gets what was asked last
    field.addEventListener("change", () => window.history.replaceState(null, "", `?${new URLSearchParams({ q: field.value })}`));
    field.value = new URLSearchParams(window.location.search).get("q") || "";
    search();
  });
})();
