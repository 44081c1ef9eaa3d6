// The help pages of the rules that the result names.
import { byId, element } from "./nodes.js";
import { word } from "./words.js";

export function explain(rules) {
  const named = new Set(rules.map(({ code }) => `rule-${code}`));
  for (const page of byId("rules").querySelectorAll("details")) if (!named.has(page.id)) page.remove();
  byId("rules").hidden = !rules.length;
  for (const { code, name, paragraphs } of rules) {
    const id = `rule-${code}`;
    if (byId(id)) continue;
    const texts = paragraphs.map(([label, text]) => element("p", {}, label ? element("b", {}, `${word("label", { label })} `) : null, text));
    byId("rules").append(element("details", { class: "help", id }, element("summary", {}, element("b", {}, code), ` ${name}`), element("div", {}, ...texts)));
  }
}
