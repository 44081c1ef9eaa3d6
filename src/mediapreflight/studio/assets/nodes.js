// Elements. What is put into them is text, never markup.
export const byId = (id) => document.getElementById(id);

// An element with attributes, listeners (`onclick: …`) and children; an attribute that is null or false is left out.
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

// A labelled control.
export function field(label, control) {
  return element("label", { class: "field" }, element("span", {}, label), control);
}

// A box to tick, with its label.
export function tick(label, attributes) {
  return element("label", { class: "check" }, element("input", { type: "checkbox", ...attributes }), " ", element("span", {}, label));
}

// A list to choose from: pairs of value and text.
export function choice(attributes, pairs, chosen = "") {
  const options = pairs.map(([value, text]) => element("option", { value, selected: value === chosen }, text));
  return element("select", attributes, ...options);
}

// A group of radio buttons with its legend: pairs of value and text.
export function radios(legend, name, pairs, chosen, changed) {
  const labels = pairs.map(([value, text]) =>
    element(
      "label",
      { class: "pill" },
      element("input", { type: "radio", name, value, checked: value === chosen, onchange: () => changed(value) }),
      element("span", {}, text),
    ),
  );
  return element("fieldset", { class: "pills" }, element("legend", {}, legend), ...labels);
}

// Cards of the report count their jobs: here each gets ids of its own, and needs no number.
export function named(place, name) {
  const card = byId(place).querySelector("article.job");
  if (!card) return;
  card.id = `${name}-card`;
  const title = card.querySelector("h2");
  title.id = `${name}-title`;
  title.querySelector("a").remove();
  card.setAttribute("aria-labelledby", title.id);
}
