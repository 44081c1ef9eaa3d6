// The faces of a picture: the chosen one, and the box around it.
import { holds } from "./box.js";
import { byId, element, field, radios } from "./nodes.js";
import { cropToBox } from "./options.js";
import { get, newest } from "./server.js";
import { plain, word } from "./words.js";

const CROP_SIDE = 320;
const PAUSE_MS = 350;

export class Faces {
  #job;
  #shown = "";
  #found = null;
  #number = null;
  #editor = null;
  #image = null;
  #timer = 0;

  constructor(job) {
    this.#job = job;
  }

  get #ratio() {
    return this.#job.options.ratio ?? this.#job.model.ratios[0] ?? "1:1";
  }

  get #face() {
    return this.#found.faces.find((face) => face.number === this.#number);
  }

  // Who is chosen in the job, by number or by the box of the face.
  get #chosen() {
    const { face, values } = this.#job;
    return (this.#found.faces.find((each) => each.number === face || each.bbox.join(",") === values.face_bbox))?.number;
  }

  // Shows the picture of the job, if it has one and there is something to choose.
  async show(files) {
    const role = this.#job.model?.roles.find((each) => each.kind === "image" && this.#job.filesOf(each.name).length);
    const file = role && files.named(this.#job.filesOf(role.name)[0]);
    const wanted = file ? `${this.#job.model.id} ${file.id}` : "";
    if (wanted === this.#shown) return;
    // Where nothing was shown, what the job has was chosen before this page was loaded again.
    if (this.#shown) this.#forget();
    this.#shown = wanted;
    byId("faces").replaceChildren();
    if (file?.kind === "image") await this.#open(file);
  }

  #forget() {
    this.#editor = this.#found = this.#number = null;
    this.#job.face = null;
    delete this.#job.values.ext_bbox;
    delete this.#job.values.face_bbox;
    delete this.#job.options.ratio;
  }

  #ask = newest((signal, file) => {
    const about = new URLSearchParams({ ratio: this.#ratio, model: this.#job.model.id });
    return get(`files/${file.id}/faces?${about}`, signal);
  });

  async #open(file) {
    let found;
    try {
      found = await this.#ask(file);
    } catch (error) {
      if (this.#job.model.takes_boxes) byId("faces").replaceChildren(panel(element("p", { class: "problem" }, plain(`${file.name}: ${error.message}`))));
      return;
    }
    if (!found) return;
    const boxes = this.#job.model.takes_boxes;
    if (!boxes && found.faces.length < 2) return;
    this.#found = found;
    if (!found.faces.length) {
      byId("faces").replaceChildren(panel(element("p", { class: "aside" }, plain(found.trouble ?? word("noFace")))));
      return;
    }
    // Boxes are of the largest face where nobody is chosen; without boxes the picture stays whole.
    const largest = boxes ? found.faces.reduce((most, face) => (area(face.bbox) > area(most.bbox) ? face : most)).number : null;
    this.#number = this.#chosen ?? largest;
    await this.#draw(file);
  }

  async #draw(file) {
    const { width, height, faces } = this.#found;
    const boxes = this.#job.model.takes_boxes;
    this.#image = element("img", { src: `files/${file.id}/picture`, alt: plain(file.name), width, height, draggable: "false", onload: () => this.#crop() });
    const frame = element("div", { class: "frame editor" }, this.#image, ...faces.flatMap((face) => this.#mark(face)));
    const choices = [];
    if (faces.length > 1) choices.push(radios(word("whose"), "face", this.#people, String(this.#number ?? ""), (number) => this.#choose(Number(number) || null)));
    if (boxes && this.#job.model.ratios.length > 1) {
      choices.push(radios(word("ratio"), "ratio", this.#job.model.ratios.map((ratio) => [ratio, ratio]), this.#ratio, (ratio) => this.#reshape(file, ratio)));
    }
    const side = element("div", { class: "side" }, ...choices, ...(boxes ? this.#figures() : []));
    byId("faces").replaceChildren(panel(
      element("div", { class: "editing" }, element("div", {}, frame, boxes ? element("p", { class: "aside keys-help" }, word("keys")) : null), side)));
    if (!boxes) return;
    const { BoxEditor } = await import("./box-editor.js");
    this.#editor = new BoxEditor(frame, this.#image, [width, height]);
    this.#editor.addEventListener("moving", () => this.#tell());
    this.#editor.addEventListener("change", () => this.#made());
    this.#propose();
  }

  // Whom the reader can choose: pairs of number and text.
  get #people() {
    const faces = this.#found.faces.map((face) => [String(face.number), faceTitle(face)]);
    return this.#job.model.takes_boxes ? faces : [["", word("nobody")], ...faces];
  }

  // A face on the picture with its number, which chooses it.
  #mark(face) {
    const [left, top, right, bottom] = face.bbox;
    const { width, height } = this.#found;
    const box = element("span", { class: "face-box", "data-face": face.number });
    box.style.inset = `${(top / height) * 100}% ${100 - (right / width) * 100}% ${100 - (bottom / height) * 100}% ${(left / width) * 100}%`;
    const tag = element("button", { type: "button", class: "face-tag", tabindex: -1, "aria-hidden": "true", "data-face": face.number, onclick: () => this.#choose(face.number) }, String(face.number));
    tag.style.left = `${(left / width) * 100}%`;
    tag.style.top = `${(top / height) * 100}%`;
    return [box, tag];
  }

  #figures() {
    const number = (name, label) => field(word(label), element("input", { type: "number", name, min: 0, step: 1, onchange: () => this.#typed() }));
    return [
      element("div", { class: "row" }, number("box-left", "left"), number("box-top", "top"), number("box-width", "width")),
      element("p", { class: "boxes" }, element("span", {}, element("span", { class: "swatch box-ext_bbox" }), "ext_bbox ", element("output", { id: "box-edges" }))),
      element("p", { class: "problem", id: "box-problem", role: "status", hidden: true }),
      element("button", { type: "button", id: "box-back", onclick: () => this.#back() }, word("proposed")),
      element("figure", { class: "crop" }, element("canvas", { id: "crop", role: "img", "aria-label": word("crop") }), element("figcaption", {}, word("crop"))),
    ];
  }

  #choose(number) {
    this.#number = number;
    this.#job.face = number;
    for (const radio of document.querySelectorAll("#faces input[name=face]")) radio.checked = radio.value === String(number ?? "");
    this.#release();
    this.#propose();
    this.#job.changed("box");
  }

  async #reshape(file, ratio) {
    if (ratio === "1:1") delete this.#job.options.ratio;
    else this.#job.options.ratio = ratio;
    this.#release();
    const found = await this.#ask(file);
    if (!found) return;
    this.#found = found;
    this.#propose();
    this.#job.changed("box");
  }

  #back() {
    this.#release();
    this.#propose();
    this.#job.changed("box");
  }

  // The box is the proposed one again.
  #release() {
    clearTimeout(this.#timer);
    if (this.#job.values.ext_bbox && this.#found.faces.length > 1) {
      cropToBox(this.#job, false);
      this.#job.face = this.#number;
    }
    delete this.#job.values.ext_bbox;
    delete this.#job.values.face_bbox;
  }

  #propose() {
    for (const mark of document.querySelectorAll("#faces [data-face]")) mark.classList.toggle("meant", Number(mark.dataset.face) === this.#number);
    if (!this.#editor) return;
    const { ext_bbox: proposed, bbox } = this.#face;
    const chosen = this.#job.values.ext_bbox?.split(",").map(Number);
    if (chosen || proposed) this.#editor.show(chosen ?? proposed, this.#ratio);
    else {
      this.#editor.show(bbox, this.#ratio);
      this.#editor.place(bbox[0], bbox[1], bbox[2] - bbox[0]);
    }
    this.#tell();
  }

  #typed() {
    const value = (name) => document.querySelector(`#faces input[name=box-${name}]`).valueAsNumber || 0;
    this.#editor.place(value("left"), value("top"), value("width"));
  }

  // The box was changed by hand: it goes into the job when the hand rests.
  #made() {
    this.#tell();
    this.#job.values.ext_bbox = this.#editor.box.join(",");
    this.#job.values.face_bbox = this.#face.bbox.join(",");
    this.#job.face = null;
    // Others are in the picture: without `face`, only a crop to the box leaves them out.
    if (this.#found.faces.length > 1) cropToBox(this.#job, true);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#job.changed("box"), PAUSE_MS);
  }

  #tell() {
    const [left, top, right, bottom] = this.#editor.box;
    const figures = { left, top, width: right - left };
    for (const [name, value] of Object.entries(figures)) document.querySelector(`#faces input[name=box-${name}]`).value = value;
    byId("box-edges").textContent = `[${[left, top, right, bottom].join(", ")}]`;
    const problem = byId("box-problem");
    const trouble = this.#face.ext_bbox ? "" : (this.#face.reason ?? word("noBox"));
    problem.textContent = holds(this.#editor.box, this.#face.bbox) ? trouble : word("outside");
    problem.hidden = !problem.textContent;
    this.#crop();
  }

  #crop() {
    if (!this.#editor?.box || !this.#image.complete || !this.#image.naturalWidth) return;
    const [left, top, right, bottom] = this.#editor.box;
    const scale = this.#image.naturalWidth / this.#found.width;
    const canvas = byId("crop");
    canvas.width = Math.round((CROP_SIDE * (right - left)) / Math.max(right - left, bottom - top));
    canvas.height = Math.round((CROP_SIDE * (bottom - top)) / Math.max(right - left, bottom - top));
    canvas.getContext("2d").drawImage(this.#image, left * scale, top * scale, (right - left) * scale, (bottom - top) * scale, 0, 0, canvas.width, canvas.height);
  }
}

const area = ([left, top, right, bottom]) => (right - left) * (bottom - top);
const faceTitle = (face) => `${word("face", { number: face.number })} · ${word("sure", { score: `${Math.round(face.score * 100)}%` })}`;
const panel = (...children) => element("section", { class: "panel", "aria-labelledby": "faces-title" }, element("h2", { id: "faces-title" }, word("faces")), ...children);
