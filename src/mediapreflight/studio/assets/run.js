// Preparing: started, followed, stopped; then the files, to be compared and downloaded.
import { showFailure } from "./failure.js";
import { byId, element, named } from "./nodes.js";
import { follow, post, remove } from "./server.js";
import { plain, word } from "./words.js";

export class Runs extends EventTarget {
  #run = null;
  #job;
  #order = ""; // what was asked for, as text
  #stopped = false;

  constructor(job) {
    super();
    this.#job = job;
    byId("run").addEventListener("click", () => this.#start());
    byId("stop").addEventListener("click", () => this.#stop());
  }

  get #isCurrent() {
    return Boolean(this.#job.model) && this.#order === JSON.stringify(this.#job.order);
  }

  // The number of the run that made just what the job asks for; null if there is none.
  get usable() {
    return this.#run?.ok && this.#isCurrent ? this.#run.id : null;
  }

  // The job may have changed: then what was made does not belong to it.
  compare() {
    byId("outdated").hidden = byId("ready").hidden || this.#isCurrent;
    this.dispatchEvent(new Event("change"));
  }

  async #start() {
    byId("run").disabled = true;
    byId("run-words").textContent = word("running");
    this.#run = null;
    this.#stopped = false;
    this.#order = JSON.stringify(this.#job.order);
    this.compare();
    try {
      this.#run = await post("prepare", this.#job.order);
      byId("stop").hidden = byId("progress").hidden = false;
      this.#ended(await follow(`runs/${this.#run.id}`, 250, (run) => this.#progress(run), (run) => run.state !== "running"));
    } catch (error) {
      // A run that was stopped is gone.
      byId("run-words").textContent = this.#stopped ? word("stopped") : plain(error.message);
    }
    byId("run").disabled = false;
    byId("stop").hidden = byId("progress").hidden = true;
  }

  #progress(run) {
    const bar = byId("progress");
    if (run.progress == null) bar.removeAttribute("value");
    else bar.value = run.progress;
  }

  async #stop() {
    this.#stopped = true;
    try {
      await remove(`runs/${this.#run.id}`);
    } catch (error) {
      showFailure(error);
    }
  }

  // The verdict on the files as they were is out of date.
  #announce() {
    byId("headline").className = "verdict clean";
    byId("headline").textContent = word("failed", { name: this.#job.model.title, reason: word("done") });
    byId("outlook").hidden = false;
    byId("outlook").className = "fine";
    byId("outlook").replaceChildren(element("a", { href: "#ready" }, word("readyBelow")));
  }

  #ended(run) {
    this.#run = run;
    byId("run-words").textContent = run.error ? plain(run.error) : word(run.ok ? "done" : "notDone");
    byId("before-after").innerHTML = run.html ?? "";
    named("before-after", "run");
    const files = run.ok ? run.files : [];
    byId("downloads").replaceChildren(...files.map((file) => download(run, file)), ...(files.length ? wholes(run) : []));
    byId("ready").hidden = !run.ok;
    this.compare();
    if (!run.ok) return;
    byId("ready").scrollIntoView({ block: "nearest" });
    if (this.#isCurrent) this.#announce();
  }
}

function download(run, file) {
  const about = [element("span", { class: "role" }, file.role), " ", element("span", { class: "aside" }, `${file.bytes.toLocaleString()} B`)];
  if (file.copied) about.push(" ", element("span", { class: "aside" }, word("copied")));
  const address = `runs/${run.id}/files/${encodeURIComponent(file.name)}?download=1`;
  return element("li", {}, element("a", { href: address, download: file.name, "aria-label": word("download", { name: plain(file.name) }) }, element("bdi", { class: "path" }, plain(file.name))), " ", ...about);
}

function wholes(run) {
  const link = (name, text) => element("li", {}, element("a", { href: `runs/${run.id}/${name}`, download: name }, text));
  return [link("prepared.json", word("record")), link("all.zip", word("all"))];
}
