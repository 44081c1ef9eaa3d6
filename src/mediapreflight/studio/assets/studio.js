// The page: what changes where, when something was chosen.
import { Cuts } from "./cuts.js";
import { Faces } from "./faces.js";
import { showFailure } from "./failure.js";
import { Files } from "./files.js";
import { assign, showInputs } from "./inputs.js";
import { Job } from "./job.js";
import { Models } from "./models.js";
import { byId } from "./nodes.js";
import { showOptions } from "./options.js";
import { listenForCopies, showPlan } from "./plan.js";
import { Runs } from "./run.js";
import { get } from "./server.js";
import { Tasks } from "./tasks.js";
import { showValues } from "./values.js";
import { judge, noVerdict } from "./verdict.js";

async function start() {
  const state = await get("state");
  const job = new Job();
  const files = new Files(state.files);
  const models = new Models();
  const runs = new Runs(job);
  const [faces, cuts, tasks] = [new Faces(job), new Cuts(job), new Tasks(state.tasks, job, runs)];

  // The newest verdict and plan of the job; what needs a model or a file is hidden without.
  const update = async () => {
    if (job.model) job.remember();
    runs.compare();
    byId("empty").hidden = files.all.length > 0 || Boolean(job.model);
    if (job.isEmpty) {
      noVerdict();
      byId("prepare").hidden = true;
      return;
    }
    const report = await judge(job);
    if (report) await showPlan(job, report);
  };

  const arrange = async () => {
    if (job.model) {
      assign(job, files.all);
      showInputs(job, files.all);
    }
    await rearranged();
  };

  // The files of the job may have changed: editors and options belong to them.
  const rearranged = async () => {
    const kinds = new Set(job.model?.roles.filter((role) => job.filesOf(role.name).length).map((role) => role.kind));
    showOptions(job, kinds);
    cuts.show(files);
    await Promise.all([faces.show(files).catch(showFailure), update()]);
  };

  files.addEventListener("change", () => {
    models.asked(files.all).catch(showFailure);
    arrange();
  });
  models.addEventListener("chosen", ({ detail: model }) => {
    job.begin(model, files.all);
    byId("job").hidden = false;
    showValues(job);
    tasks.offer();
    arrange();
  });
  job.addEventListener("change", ({ detail: what }) => (what === "files" ? rearranged() : update()));
  byId("job").addEventListener("submit", (event) => event.preventDefault());
  byId("options").addEventListener("submit", (event) => event.preventDefault());
  listenForCopies();
  tasks.offer();
  models.asked(files.all).catch(showFailure);
  byId("empty").hidden = files.all.length > 0;
  if (files.all.length) await models.again();
  document.documentElement.dataset.ready = "";
}

start().catch(showFailure);
