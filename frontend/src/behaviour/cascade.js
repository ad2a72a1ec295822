// Regions in three steps (省、市、区县): each select is filled with what lies below the choice before it.
import { fresh } from "./once.js";

async function fill(select, url, parent) {
  select.replaceChildren(new Option("请选择", ""));
  select.disabled = !parent;
  if (!parent) return;
  const answer = await fetch(`${url}?parent=${encodeURIComponent(parent)}`, {
    headers: { Accept: "application/json", "X-Requested-With": "fetch" }, credentials: "same-origin",
  });
  if (!answer.ok) return;
  const { places } = await answer.json();
  for (const [code, name] of places) select.append(new Option(name, code));
  select.closest(".field").hidden = places.length === 0;
}

export function cascades(root) {
  for (const box of fresh(root, "[data-cascade]", "Cascade")) {
    const selects = [...box.querySelectorAll("select")];
    selects.forEach((select, place) => {
      if (place > 0 && select.options.length <= 1) select.disabled = true;
      select.addEventListener("change", async () => {
        for (const later of selects.slice(place + 2)) await fill(later, box.dataset.cascade, "");
        const next = selects[place + 1];
        if (next) await fill(next, box.dataset.cascade, select.value);
      });
    });
    // what was chosen before this script came, or was kept by the browser on the way back
    const open = selects.findIndex((select, place) => select.value && selects[place + 1]?.options.length <= 1);
    if (open >= 0) fill(selects[open + 1], box.dataset.cascade, selects[open].value);
  }
}
