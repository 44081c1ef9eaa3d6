// The files: dropped or chosen, listed with their facts, removed.
import { byId, element } from "./nodes.js";
import { remove, upload } from "./server.js";
import { plain, word } from "./words.js";

const AT_ONCE = 3;

export class Files extends EventTarget {
  #known = new Map();
  #rows = new Map();
  #waiting = [];
  #running = 0;

  constructor(given) {
    super();
    for (const file of given) this.#add(file, this.#row(file.name));
    this.#listen();
  }

  get all() {
    return [...this.#known.values()];
  }

  named(number) {
    return this.#known.get(number);
  }

  #changed() {
    byId("drop").classList.toggle("small", this.#known.size > 0 || byId("files").childElementCount > 0);
    this.dispatchEvent(new Event("change"));
  }

  #listen() {
    const chooser = byId("choose");
    chooser.addEventListener("change", () => {
      this.#take([...chooser.files]);
      chooser.value = "";
    });
    const over = (shown) => (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      byId("drop").classList.toggle("over", shown);
    };
    document.addEventListener("dragover", over(true));
    document.addEventListener("dragleave", over(false));
    document.addEventListener("drop", (event) => {
      over(false)(event);
      this.#take([...event.dataTransfer.files]);
    });
    this.#changed();
  }

  #take(files) {
    for (const file of files) this.#waiting.push([file, this.#row(file.name)]);
    this.#changed();
    while (this.#running < AT_ONCE && this.#waiting.length) this.#sendNext();
  }

  async #sendNext() {
    const [file, row] = this.#waiting.shift();
    this.#running += 1;
    try {
      this.#add(await upload(file), row);
    } catch (error) {
      this.#refused(file, row, error);
    }
    this.#running -= 1;
    this.#changed();
    if (this.#waiting.length) this.#sendNext();
  }

  #row(name) {
    const row = element("li", { class: "file reading", "aria-busy": "true" },
      element("bdi", { class: "path", title: plain(name) }, plain(name)),
      element("span", { class: "aside" }, word("reading")));
    byId("files").append(row);
    return row;
  }

  #add(file, row) {
    this.#known.set(file.id, file);
    this.#rows.set(file.id, row);
    row.className = "file";
    row.removeAttribute("aria-busy");
    // Text between the facts too, for those who hear or copy them.
    const facts = file.rows.filter(([, value]) => !file.problems.includes(value)).slice(0, 4).map(([label, value]) =>
      element("span", { title: plain(label) }, value.replaceAll(",", "") === String(file.bytes) ? `${value} B` : plain(value)));
    row.replaceChildren(
      element("span", { class: `kind ${file.kind}` }, file.kind), " ",
      element("bdi", { class: "path", title: plain(file.name) }, plain(file.name)), " ",
      element("button", { type: "button", class: "quiet", "aria-label": word("remove", { name: plain(file.name) }), title: word("removeShort"), onclick: () => this.#remove(file, row) }, "✕"),
      element("p", { class: "aside rows" }, ...facts.flatMap((fact, at) => (at ? [" · ", fact] : [fact]))),
      ...file.problems.map((problem) => element("p", { class: "problem" }, plain(problem))));
  }

  #refused(file, row, error) {
    row.className = "file refused";
    row.removeAttribute("aria-busy");
    row.replaceChildren(
      element("bdi", { class: "path", title: plain(file.name) }, plain(file.name)),
      element("button", { type: "button", class: "quiet", "aria-label": word("remove", { name: plain(file.name) }), title: word("hide"), onclick: () => { row.remove(); this.#changed(); byId("choose").focus(); } }, "✕"),
      element("p", { class: "problem" }, plain(error.message)));
  }

  async #remove(file, row) {
    try {
      await remove(`files/${file.id}`);
    } catch (error) {
      row.querySelector(".problem")?.remove();
      row.append(element("p", { class: "problem", role: "alert" }, plain(error.message)));
      return;
    }
    this.#known.delete(file.id);
    this.#rows.delete(file.id);
    row.remove();
    byId("choose").focus();
    this.#changed();
  }
}
