// What prepare would do, and the commands that do the same.
import { showFailure } from "./failure.js";
import { byId, element } from "./nodes.js";
import { newest, post } from "./server.js";
import { word } from "./words.js";

export const showPlan = newest(async (signal, job, report) => {
  byId("plan").classList.add("stale");
  try {
    const planned = await post("plan", job.order, signal);
    byId("plan").innerHTML = planned.html;
    byId("plan").prepend(element("h3", {}, word("plan")));
    byId("command").textContent = planned.command;
    byId("python").textContent = planned.python;
    byId("prepare").hidden = false;
    outlook(job, report, planned.ok);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    byId("prepare").hidden = true;
    showFailure(error);
  }
  byId("plan").classList.remove("stale");
});

// Below the verdict: the way on, and whether prepare helps, where that is known before the files are made.
function outlook(job, report, fits) {
  const line = byId("outlook");
  const failing = report.findings.filter((finding) => ["error", "unchecked"].includes(finding.severity));
  const known = !fits || failing.every((finding) => finding.fixable);
  line.hidden = !known || job.missing.length > 0;
  line.className = fits ? "fine" : "problem";
  const helps = failing.length ? "canBeFixed" : "prepareNow";
  line.replaceChildren(fits ? element("a", { href: "#prepare" }, word(helps)) : word("cannotBeFixed"));
}

export function listenForCopies() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
      const code = byId(button.dataset.copy);
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = word("copyDone");
        setTimeout(() => (button.textContent = word("copy")), 2000);
      } catch {
        // The browser does not allow it: the text is selected, to be copied by hand.
        getSelection().selectAllChildren(code);
      }
    });
  }
}
