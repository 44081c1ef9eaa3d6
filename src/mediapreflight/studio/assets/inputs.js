// Which file is which input of the job.
import { byId, choice, element, field, tick } from "./nodes.js";
import { plain, word } from "./words.js";

// Gives the files that have no place to the roles of their kind: to those that need one, or to one of several that do not.
// What is no longer there is taken away.
export function assign(job, files) {
  const there = new Set(files.map((file) => file.id));
  const taken = new Set();
  for (const role of job.model.roles) {
    const kept = job.filesOf(role.name).filter((number) => there.has(number));
    kept.forEach((number) => taken.add(number));
    job.inputs[role.name] = kept;
  }
  const roles = [...job.model.roles].sort((one, other) => other.required - one.required);
  const isServed = (kind) => roles.some((role) => role.kind === kind && job.inputs[role.name].length);
  for (const role of roles) {
    if (!role.required && isServed(role.kind)) continue;
    const room = role.count ? role.count[1] : 1;
    for (const file of files) {
      if (job.inputs[role.name].length >= room) break;
      if (file.kind !== role.kind || taken.has(file.id)) continue;
      job.inputs[role.name].push(file.id);
      taken.add(file.id);
    }
  }
  for (const role of job.model.roles) {
    const given = job.inputs[role.name];
    if (!role.count) job.inputs[role.name] = given[0] ?? [];
  }
  for (const name of Object.keys(job.inputs)) if (!job.model.roles.some((role) => role.name === name)) delete job.inputs[name];
}

export function showInputs(job, files) {
  const fields = job.model.roles.map((role) => {
    const usable = files.filter((file) => file.kind === role.kind || file.kind === "unknown");
    return role.count ? several(job, role, usable) : single(job, role, usable);
  });
  byId("inputs").replaceChildren(...fields);
}

const title = (role) =>
  element("span", {}, element("span", { class: "role" }, role.name), " ", role.kind === role.name ? null : element("span", { class: "aside" }, role.kind));

function single(job, role, files) {
  const pairs = [["", word("none")], ...files.map((file) => [file.id, plain(file.name)])];
  const control = choice({
    name: role.name,
    onchange: (event) => {
      job.inputs[role.name] = event.target.value || [];
      delete job.kept[role.name];
      job.changed("files");
    },
  }, pairs, job.filesOf(role.name)[0] ?? "");
  return field(title(role), control);
}

function several(job, role, files) {
  const boxes = files.map((file) => tick(plain(file.name), {
    checked: job.filesOf(role.name).includes(file.id),
    onchange: (event) => {
      const others = job.filesOf(role.name).filter((number) => number !== file.id);
      job.inputs[role.name] = event.target.checked ? [...others, file.id] : others;
      job.changed("files");
    },
  }));
  const none = files.length ? [] : [element("p", { class: "aside" }, word("none"))];
  return element("fieldset", { class: "stack" }, element("legend", {}, title(role)), ...boxes, ...none);
}
