"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const jobs = [...document.querySelectorAll("article.job")];

  // Theme: as the system has it, until somebody chooses.
  const theme = byId("theme");
  const themes = ["system", "light", "dark"];
  const choose = (name) => {
    if (name === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
    theme.textContent = theme.dataset[name];
  };
  choose("system");
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const now = document.documentElement.dataset.theme || "system";
    choose(themes[(themes.indexOf(now) + 1) % themes.length]);
  });

  // A link to a rule opens its help page.
  const openTarget = () => {
    const target = location.hash.startsWith("#rule-") && byId(location.hash.slice(1));
    if (!target) return;
    target.open = true;
    target.scrollIntoView();
    target.querySelector("summary").focus({ preventScroll: true });
  };
  addEventListener("hashchange", openTarget);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.rule");
    if (link && link.hash === location.hash) openTarget();
  });
  openTarget();

  const filters = byId("filters");
  if (!filters) return;
  const find = byId("find"), model = byId("model"), rule = byId("rule"), count = byId("count"), nothing = byId("nothing");
  const fold = document.querySelector("details.fold");
  const boxes = [...filters.querySelectorAll("input[name=severity]")];
  const texts = new Map();
  const textOf = (job) => {
    if (!texts.has(job)) texts.set(job, job.textContent.toLowerCase());
    return texts.get(job);
  };
  const update = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const severities = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let shown = 0;
    for (const job of jobs) {
      const fits =
        (!model.value || job.dataset.model === model.value) &&
        (!rule.value || job.dataset.rules.split(" ").includes(rule.value)) &&
        job.dataset.severities.split(" ").some((severity) => severities.has(severity)) &&
        words.every((word) => textOf(job).includes(word));
      job.hidden = !fits;
      if (fits) shown += 1;
    }
    if (fold && (words.length || model.value || rule.value)) fold.open = true;
    const { all, some } = count.dataset;
    count.textContent = shown === jobs.length ? all : some.replace("{shown}", shown).replace("{all}", all);
    nothing.hidden = shown > 0;
  };
  filters.hidden = false;
  filters.addEventListener("input", update);
  filters.addEventListener("submit", (event) => event.preventDefault());
  byId("everything").addEventListener("click", () => {
    filters.reset();
    update();
    find.focus();
  });
  update();

  const step = (direction) => {
    const visible = jobs.filter((job) => !job.hidden && !job.closest("details:not([open])"));
    const here = visible.findIndex((job) => job.contains(document.activeElement));
    const next = visible[here < 0 ? (direction > 0 ? 0 : visible.length - 1) : here + direction];
    if (next) {
      next.focus({ preventScroll: true });
      next.scrollIntoView({ block: "start" });
    }
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input[type=search], select")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key === "/") {
      event.preventDefault();
      find.focus();
      find.select();
    } else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
  });
})();
