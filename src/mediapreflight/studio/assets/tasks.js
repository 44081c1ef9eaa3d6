// Submitting: the cost, a confirmation, the progress, and the video.
import { showFailure } from "./failure.js";
import { byId, element } from "./nodes.js";
import { follow, post, remove } from "./server.js";
import { plain, word } from "./words.js";

const STATES = { running: ["taskRunning", "info"], done: ["taskDone", "clean"], failed: ["taskFailed", "error"], stopped: ["taskStopped", "unchecked"] };

export class Tasks {
  #rows = new Map();
  #job;
  #runs;

  constructor(given, job, runs) {
    this.#job = job;
    this.#runs = runs;
    for (const task of given) this.#follow(task, false);
    byId("ask").addEventListener("click", () => this.#ask());
    runs.addEventListener("change", () => this.offer());
  }

  // Whether the job can be sent now, and if not, why.
  offer() {
    const sent = this.#job.model?.can_be_submitted;
    byId("ask").hidden = !sent;
    byId("ask").disabled = !this.#runs.usable;
    byId("ask-words").textContent = sent ? "" : word("cannotSend");
  }

  async #ask() {
    byId("ask-words").textContent = "";
    try {
      const offer = await post("cost", { run: this.#runs.usable });
      if (await confirmed(offer)) this.#follow(await post("submit", { confirm: offer.confirm }), true);
    } catch (error) {
      byId("ask-words").textContent = plain(error.message);
    }
  }

  // `fresh`: it was submitted just now, and its video is played when it comes.
  async #follow(task, fresh) {
    byId("tasks").hidden = false;
    const row = element("li", { class: "task", "data-fresh": fresh });
    byId("task-list").prepend(row);
    this.#rows.set(task.id, row);
    this.#show(task);
    if (fresh) byId("tasks").scrollIntoView({ block: "nearest" });
    try {
      if (task.state === "running") await follow(`tasks/${task.id}`, 500, (now) => this.#show(now), (now) => now.state !== "running");
    } catch (error) {
      showFailure(error);
    }
  }

  #show(task) {
    const row = this.#rows.get(task.id);
    // What has not changed is not announced again.
    const now = JSON.stringify(task);
    if (row.dataset.now === now) return;
    row.dataset.now = now;
    const [name, sort] = STATES[task.state];
    const notes = [];
    if (task.task_id) notes.push(element("code", {}, plain(task.task_id)));
    if (task.cost) notes.push(element("span", {}, word("costs", { cost: task.cost })));
    if (task.saved) notes.push(element("span", {}, word("saved", { path: plain(task.saved) })));
    row.replaceChildren(
      element("p", { class: "what" }, element("span", { class: `chip ${sort}` }, word(name)), " ", element("b", {}, task.model), ...notes.flatMap((note) => [" ", note])),
      element("p", { role: "status" }, plain(task.error ?? (task.state === "running" ? task.words : ""))));
    if (task.state === "running") {
      row.append(element("progress", { "aria-label": plain(task.words) }),
        element("button", { type: "button", onclick: () => remove(`tasks/${task.id}`).then((said) => said && this.#show(said), showFailure) }, word("cancel")));
    }
    if (task.video) {
      row.append(
        element("video", { src: task.video, controls: true, autoplay: "fresh" in row.dataset, playsinline: true, "aria-label": word("result", { model: task.model }) }),
        element("p", {}, element("a", { href: `${task.video}?download=1`, download: true }, word("save"))));
    }
  }
}

function confirmed(offer) {
  const dialog = byId("confirm");
  byId("confirm-cost").textContent = offer.cost;
  byId("confirm-to").textContent = offer.to;
  const notes = offer.stand_in ? [word("emulator"), ...offer.notes] : offer.notes;
  byId("confirm-notes").replaceChildren(...notes.map((note) => element("p", {}, plain(note))));
  dialog.returnValue = "no";
  dialog.showModal();
  byId("confirm-no").focus();
  return new Promise((answer) => dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"), { once: true }));
}
