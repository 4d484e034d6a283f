// Filters the package tables. Without scripts the tables are simply whole.
for (const filter of document.querySelectorAll(".filter")) {
  filter.hidden = false;
  const rows = [...document.querySelectorAll(`#${filter.dataset.table} tbody tr`)];
  const [text, kind, count] = ["input", "select", "output"].map((name) => filter.querySelector(name));
  const apply = () => {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const content = row.textContent.toLowerCase();
      const fits = words.every((word) => content.includes(word)) && (!kind.value || row.dataset.kind === kind.value);
      row.hidden = !fits;
      shown += fits;
    }
    count.textContent = `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")} ${filter.dataset.unit}`;
  };
  text.addEventListener("input", apply);
  kind.addEventListener("change", apply);
  apply();
}
// A printed page cannot be unfolded.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
