// How the files are prepared.
import { byId, choice, element, field, tick } from "./nodes.js";
import { word } from "./words.js";

const WHITE = "#ffffff";

// Only what makes a difference for the kinds of file at hand.
export function showOptions(job, kinds) {
  const [pictures, sounds, videos] = ["image", "audio", "video"].map((kind) => kinds.has(kind));
  const controls = [];
  if (pictures || videos) controls.push(chosen(job, "fit", ["auto", "crop", "pad"], "fit"));
  if (sounds || videos) controls.push(chosen(job, "trim", ["pause", "end"], "trim"));
  if (pictures || videos) controls.push(background(job));
  if (sounds) controls.push(loudness(job));
  if (pictures) controls.push(ticked(job, "crop_to_boxes", "cropToBoxes"), ticked(job, "upright", "upright"));
  if (sounds) controls.push(ticked(job, "mono", "mono"), ticked(job, "denoise", "denoise"));
  if (sounds && videos) controls.push(ticked(job, "equal_lengths", "equalLengths"));
  byId("options").replaceChildren(...controls);
}

function set(job, name, value) {
  if (value == null || value === false) delete job.options[name];
  else job.options[name] = value;
  job.changed("options");
}

// Whether the picture is cropped to its box; the form says so as well.
export function cropToBox(job, wanted) {
  if (wanted) job.options.crop_to_boxes = true;
  else delete job.options.crop_to_boxes;
  const box = document.querySelector("#options input[name=crop_to_boxes]");
  if (box) box.checked = wanted;
}

function chosen(job, name, values, label) {
  const pairs = values.map((value) => [value, word(label + value[0].toUpperCase() + value.slice(1))]);
  const control = choice({ name, onchange: (event) => set(job, name, event.target.value === values[0] ? null : event.target.value) },
    pairs, job.options[name] ?? values[0]);
  return field(word(label), control);
}

function background(job) {
  const attributes = { type: "color", name: "background", value: job.options.background ?? WHITE };
  return field(word("background"), element("input", {
    ...attributes,
    onchange: (event) => set(job, "background", event.target.value === WHITE ? null : event.target.value),
  }));
}

function loudness(job) {
  return field(word("loudness"), element("input", {
    type: "number", name: "loudness", min: -70, max: -5, step: "any", placeholder: word("unchanged"), value: job.options.loudness ?? "",
    onchange: (event) => set(job, "loudness", event.target.value === "" ? null : event.target.valueAsNumber),
  }));
}

const ticked = (job, name, label) =>
  tick(word(label), { name, checked: Boolean(job.options[name]), onchange: (event) => set(job, name, event.target.checked) });
