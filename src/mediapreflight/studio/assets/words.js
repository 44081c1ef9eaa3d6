// The page's words: the template holds them, in the reader's language.
const texts = document.getElementById("words").dataset;

// A word, with `{name}` replaced by the value of that name.
export function word(name, values = {}) {
  return texts[name].replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole));
}

// Text from outside on one line: control and direction characters are shown as escapes.
export function plain(text) {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (each) => `\\u${each.codePointAt(0).toString(16).padStart(4, "0")}`);
}

// Seconds as people read them.
export const seconds = (number) => number.toFixed(2);
