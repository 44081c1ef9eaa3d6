// The models: searched, listed by provider, and what each makes of the files that were dropped.
import { showFailure } from "./failure.js";
import { byId } from "./nodes.js";
import { get } from "./server.js";
import { plain, word } from "./words.js";

const RANKS = ["fits", "fits after prepare", "does not fit"];
const WORDS = ["fits", "prepared", "refused"];
const CHOSEN = "model"; // in the storage of the tab
const SORTS = ["clean", "warning", "error"];

export class Models extends EventTarget {
  #rows = [...document.querySelectorAll("#model-list .model")];
  #known = null; // asked for when the first one is chosen: the list itself is in the page
  #takers = new Map(); // file → model → rank and reason
  #files = [];
  #chosen = null;

  constructor() {
    super();
    for (const row of this.#rows) {
      const radio = row.querySelector("input");
      radio.addEventListener("click", () => this.#choose(radio.value).catch(showFailure));
    }
    byId("model-list").addEventListener("keydown", (event) => this.#key(event));
    byId("find-model").addEventListener("input", () => this.#show());
    byId("only-takers").addEventListener("change", () => this.#show());
    byId("change").addEventListener("click", () => this.#reopen());
    this.#show();
  }

  // The model that was chosen before this page was loaded again.
  async again() {
    const id = sessionStorage.getItem(CHOSEN);
    if (this.#rows.some((row) => row.querySelector("input").value === id)) await this.#choose(id);
  }

  async #choose(id) {
    this.#known ??= await get("models");
    const model = this.#known.find((each) => each.id === id);
    byId("chosen-title").textContent = model.title;
    byId("chosen-id").textContent = model.id;
    byId("chosen-provider").textContent = model.provider_title;
    byId("chosen-summary").textContent = model.summary;
    byId("chosen").hidden = false;
    byId("choosing").hidden = true;
    if (this.#chosen !== id) this.dispatchEvent(new CustomEvent("chosen", { detail: model }));
    this.#chosen = id;
    sessionStorage.setItem(CHOSEN, id);
    for (const radio of this.#rows.map((row) => row.querySelector("input"))) radio.checked = radio.value === id;
    byId("change").focus({ preventScroll: true });
  }

  // Arrows go through the list and choose nothing; space and Enter choose.
  #key(event) {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (event.key === "Enter") event.target.click();
    if (!step) return;
    event.preventDefault();
    const next = this.#radios[this.#radios.indexOf(event.target) + step];
    if (!next) return;
    this.#stopAt(next);
    next.focus();
  }

  // Those that can be chosen now.
  get #radios() {
    return this.#rows.filter((row) => !row.hidden).map((row) => row.querySelector("input"));
  }

  // Tab reaches one model of the list. A browser's own group of radio buttons can keep that place for a hidden one.
  #stopAt(radio) {
    for (const row of this.#rows) {
      const each = row.querySelector("input");
      each.tabIndex = each === radio ? 0 : -1;
    }
  }

  #reopen() {
    byId("choosing").hidden = false;
    byId("chosen").hidden = true;
    byId("find-model").focus();
  }

  // Asks for every file once what the models make of it.
  async asked(files) {
    this.#files = files.filter((file) => file.kind !== "unknown");
    this.#show();
    for (const file of this.#files) this.#takers.has(file.id) || (await this.#ask(file));
  }

  async #ask(file) {
    this.#takers.set(file.id, null);
    try {
      const { models } = await get(`files/${file.id}/takers`);
      this.#takers.set(file.id, new Map(models.map((each) => [each.model, { rank: RANKS.indexOf(each.verdict), why: each.why }])));
    } catch (error) {
      this.#takers.delete(file.id);
      // A file that was removed meanwhile needs no answer.
      if (this.#files.includes(file)) throw error;
    }
    this.#show();
  }

  // The worst that the model says of any file; null while that is not known of all.
  #verdict(id) {
    if (!this.#isKnown) return null;
    const all = this.#files.map((file) => this.#takers.get(file.id)).map((takers) => takers.get(id) ?? { rank: 2, why: "" });
    return all.reduce((worst, each) => (each.rank > worst.rank ? each : worst));
  }

  // The inputs a model cannot do without that none of the files can be: names, from `name=kind name=kind`.
  #missing(needs) {
    const kinds = this.#files.map((file) => file.kind);
    const isMissing = (kind) => {
      const at = kinds.indexOf(kind);
      if (at >= 0) kinds.splice(at, 1);
      return at < 0;
    };
    const roles = needs.split(" ").filter(Boolean).map((each) => each.split("="));
    return roles.filter(([, kind]) => isMissing(kind)).map(([name]) => name);
  }

  // The files that no model takes, also not after prepare.
  #untaken() {
    const isTaken = (file) => [...this.#takers.get(file.id).values()].some((each) => each.rank < 2);
    return this.#files.filter((file) => !isTaken(file)).map((file) => plain(file.name));
  }

  get #isKnown() {
    return this.#files.length > 0 && this.#files.every((file) => this.#takers.get(file.id));
  }

  #show() {
    const words = byId("find-model").value.toLowerCase().split(/\s+/).filter(Boolean);
    const known = this.#isKnown;
    byId("only").hidden = !known;
    const only = known && byId("only-takers").checked;
    let shown = 0;
    for (const row of this.#rows) {
      const radio = row.querySelector("input");
      const verdict = this.#verdict(radio.value);
      const text = `${row.textContent} ${row.closest("fieldset").querySelector("legend").textContent}`.toLowerCase();
      row.hidden = !words.every((each) => text.includes(each)) || (only && verdict.rank === 2);
      shown += !row.hidden;
      const needs = verdict && verdict.rank < 2 ? this.#missing(row.dataset.needs) : [];
      const takes = row.querySelector(".takes");
      takes.className = verdict ? `takes chip ${verdict.rank || !needs.length ? SORTS[verdict.rank] : "info"}` : "takes";
      const said = verdict ? word(WORDS[verdict.rank]) : "";
      takes.textContent = needs.length ? word("needs", { verdict: said, roles: needs.join(", ") }) : said;
      takes.title = verdict?.why ?? "";
      // Behind those of the same verdict that need nothing else.
      row.dataset.rank = verdict ? verdict.rank + (needs.length ? 0.5 : 0) : 0;
    }
    for (const group of document.querySelectorAll("#model-list .provider")) {
      group.hidden = !group.querySelector(".model:not([hidden])");
      sort(group);
    }
    this.#rows = [...document.querySelectorAll("#model-list .model")];
    this.#stopAt(this.#radios.find((radio) => radio.tabIndex === 0) ?? this.#radios[0]);
    byId("no-model").hidden = shown > 0 || !only;
    const untaken = known ? this.#untaken() : [];
    byId("untaken").hidden = byId("no-model").hidden || !untaken.length;
    byId("untaken").textContent = word("untaken", { names: untaken.join(", ") });
    const count = word("count", { shown, all: this.#rows.length });
    byId("models-count").textContent = known || !this.#files.length ? count : word("checking");
  }
}

// Those that take the files come first; nothing is moved that is in its place, since what moves loses the focus.
function sort(group) {
  const rows = [...group.querySelectorAll(".model")];
  const sorted = rows.toSorted((one, other) => one.dataset.rank - other.dataset.rank);
  if (sorted.some((row, at) => row !== rows[at])) group.append(...sorted);
}
