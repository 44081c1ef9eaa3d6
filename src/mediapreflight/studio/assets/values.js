// Fields and parameters of the job that are no files.
import { byId, choice, element, field } from "./nodes.js";
import { word } from "./words.js";

export function showValues(job) {
  const given = [...job.model.fields.filter((each) => !each.filled), ...job.model.parameters];
  const controls = given.map((each) => [each.required, control(job, each)]);
  byId("required-values").replaceChildren(...controls.filter(([required]) => required).map(([, node]) => node));
  const others = controls.filter(([required]) => !required).map(([, node]) => node);
  byId("other-values").replaceChildren(...others);
  byId("more-values").hidden = !others.length;
}

function control(job, { name, type, choices, least, most, default: preset }) {
  const attributes = {
    name,
    onchange: (event) => {
      const value = event.target.value.trim();
      if (value) job.values[name] = value;
      else delete job.values[name];
      job.changed("values");
    },
  };
  const standard = preset == null ? word("default") : word("defaultIs", { value: shown(preset) });
  const given = job.values[name] ?? "";
  if (choices) return field(name, choice(attributes, [["", standard], ...choices.map((each) => [String(each), String(each)])], given));
  if (type === "boolean") return field(name, choice(attributes, [["", standard], ["true", word("yes")], ["false", word("no")]], given));
  if (type === "integer" || type === "number") {
    const range = least != null && most != null ? ` (${word("between", { least, most })})` : "";
    const step = type === "integer" ? 1 : "any";
    return field(name + range, element("input", { ...attributes, type: "number", min: least, max: most, step, placeholder: standard, value: given }));
  }
  if (name.includes("prompt") || name === "text") {
    const area = element("textarea", { ...attributes, rows: 3, placeholder: preset == null ? null : standard });
    area.value = given;
    return field(name, area);
  }
  return field(name, element("input", { ...attributes, type: "text", placeholder: preset == null ? null : standard, value: given, spellcheck: "false" }));
}

function shown(value) {
  if (value === true) return word("yes");
  if (value === false) return word("no");
  return String(value);
}
