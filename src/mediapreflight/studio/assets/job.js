const STORED = `job of ${location.pathname}`; // in the storage of the tab

// The stored job, if it is for this model and all its files are there.
function remembered(model, files) {
  const stored = JSON.parse(sessionStorage.getItem(STORED));
  const there = new Set(files.map((file) => file.id));
  return stored?.model === model.id && Object.values(stored.inputs).flat().every((id) => there.has(id)) ? stored : null;
}

// The job at hand: a model, files by role, values and options. It tells everybody when it changes.
export class Job extends EventTarget {
  model = null;
  inputs = {}; // role → number of a file, or several
  values = {}; // name → text
  face = null;
  options = {};
  kept = {}; // role → [start, end] in seconds

  // A job for this model: what was chosen before this page was loaded again, or a new one.
  begin(model, files) {
    const { inputs, values, face, options, kept } = remembered(model, files) ?? { inputs: {}, values: {}, face: this.face, options: {}, kept: this.kept };
    Object.assign(this, { model, inputs, values, face, options, kept });
  }

  remember() {
    const { inputs, values, face, options, kept } = this;
    sessionStorage.setItem(STORED, JSON.stringify({ model: this.model.id, inputs, values, face, options, kept }));
  }

  // `what`: "files", "model", "values", "box", "cut" or "options".
  changed(what) {
    this.dispatchEvent(new CustomEvent("change", { detail: what }));
  }

  get missing() {
    return this.model.roles.filter((role) => role.required && !this.filesOf(role.name).length).map((role) => role.name);
  }

  filesOf(role) {
    return [this.inputs[role] ?? []].flat();
  }

  get isEmpty() {
    return !this.model || !this.model.roles.some((role) => this.filesOf(role.name).length);
  }

  // As the server takes it.
  get order() {
    const inputs = Object.fromEntries(Object.entries(this.inputs).filter(([, given]) => [given].flat().length));
    const options = { ...this.options };
    if (Object.keys(this.kept).length) options.keep = this.kept;
    return { model: this.model.id, inputs, set: this.values, face: this.face, options, whole: !this.missing.length };
  }
}
