// One cut for every recording and video of the job.
import { Cut } from "./cut.js";
import { byId, element } from "./nodes.js";
import { plain, word } from "./words.js";

export class Cuts {
  #job;
  #open = new Map(); // role and file → Cut

  constructor(job) {
    this.#job = job;
    const recolour = () => this.#open.forEach((cut) => cut.recolour());
    byId("theme").addEventListener("click", recolour);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  }

  show(files) {
    const wanted = new Map();
    for (const role of this.#job.model?.roles ?? []) {
      const file = role.count ? null : files.named(this.#job.filesOf(role.name)[0]);
      if (file && ["audio", "video"].includes(file.kind) && file.facts.duration_s > 0) wanted.set(`${role.name} ${file.id}`, [role.name, file]);
    }
    for (const [key, cut] of this.#open) {
      if (wanted.has(key)) continue;
      cut.close();
      cut.node.remove();
      delete this.#job.kept[key.split(" ")[0]];
      this.#open.delete(key);
    }
    for (const [key, [role, file]] of wanted) if (!this.#open.has(key)) this.#add(key, role, file);
    const nodes = [...wanted.keys()].map((key) => this.#open.get(key).node);
    if (nodes.some((node, at) => node !== byId("cuts").children[at])) byId("cuts").append(...nodes);
  }

  async #add(key, role, file) {
    const cut = new Cut(role, file, this.#job.kept[role]);
    this.#open.set(key, cut);
    try {
      await cut.open();
    } catch (error) {
      cut.node.append(element("p", { class: "problem" }, word("failed", { name: plain(file.name), reason: plain(error.message) })));
      return;
    }
    cut.addEventListener("change", () => {
      if (cut.kept) this.#job.kept[role] = cut.kept;
      else delete this.#job.kept[role];
      this.#job.changed("cut");
    });
  }
}
