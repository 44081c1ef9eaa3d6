// What the model makes of the job: the card of the report page, and its headline at the top.
import { clearFailure, showFailure } from "./failure.js";
import { byId, named } from "./nodes.js";
import { explain } from "./rules.js";
import { newest, post } from "./server.js";
import { word } from "./words.js";

const headline = byId("headline");
// What fits is not said in green while an input is missing.
const FITTING = ["clean", "info"];

export function noVerdict() {
  headline.className = "";
  headline.textContent = word("title");
  byId("check").replaceChildren();
  byId("outlook").hidden = true;
  explain([]);
}

// Asks, and shows the answer. Returns the report; nothing where there is none.
export const judge = newest(async (signal, job) => {
  byId("check").classList.add("stale");
  byId("check").setAttribute("aria-busy", "true");
  if (!headline.className) headline.textContent = word("checking");
  try {
    const said = await post("check", job.order, signal);
    clearFailure();
    const missing = job.missing;
    headline.className = `verdict ${missing.length && FITTING.includes(said.verdict) ? "warning" : said.verdict}`;
    const verdict = word("failed", { name: job.model.title, reason: said.headline });
    headline.textContent = missing.length ? `${verdict}. ${word("missing", { roles: missing.join(", ") })}` : verdict;
    byId("check").innerHTML = said.html;
    named("check", "check");
    explain(said.rules);
    done();
    return said.report;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    noVerdict();
    done();
    showFailure(error);
    return undefined;
  }
});

function done() {
  byId("check").classList.remove("stale");
  byId("check").removeAttribute("aria-busy");
}
