// The box above a page's tables: only rows that hold every word stay, and headings whose table is empty go.
const box = document.querySelector("input.filter");
if (box) {
  const tables = [...document.querySelectorAll("table")];
  const headingOf = (table) => {
    const before = table.previousElementSibling;
    return before && /^H[2-6]$/.test(before.tagName) ? before : null;
  };
  const filter = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const table of tables) {
      const rows = [...table.tBodies[0].rows];
      const heading = headingOf(table);
      const above = heading ? heading.textContent : "";
      for (const row of rows) {
        const text = `${above} ${row.textContent}`.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
      }
      table.hidden = rows.every((row) => row.hidden);
      if (heading) heading.hidden = table.hidden;
    }
  };
  box.addEventListener("input", filter);
  filter();
}
