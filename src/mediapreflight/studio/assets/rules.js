// The help pages of the rules that the result names, each written once.
import { byId, element } from "./nodes.js";
import { word } from "./words.js";

export function explain(rules) {
  for (const { code, name, paragraphs } of rules) {
    const id = `rule-${code}`;
    if (byId(id)) continue;
    const texts = paragraphs.map(([label, text]) => element("p", {}, label ? element("b", {}, `${word("label", { label })} `) : null, text));
    byId("rules").append(element("details", { class: "help", id }, element("summary", {}, element("b", {}, code), ` ${name}`), element("div", {}, ...texts)));
    byId("rules").hidden = false;
  }
}
