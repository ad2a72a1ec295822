// Rule hints while goods are written (违规提示): asks the platform a moment after typing and shows what it found
// under the field. A hint never keeps anybody from typing on; the server has the last word.
import { post } from "../service/posting.js";

const PAUSE = 700;
const FIELDS = ["title", "brief", "detail", "brand"];
const SKU = /^skus-\d+-(spec|price)$/;
const AROUND = (name) => ["category_l1", "category_l2", "pictures"].includes(name) || name.startsWith("attribute:") || SKU.test(name);
// where findings stand that speak of several fields
const BOXES = { attributes: "[data-attributes]", skus: "[data-sku-rows]" };

function hint(finding) {
  const line = document.createElement("p");
  line.className = `rule-hint${finding.stops ? " is-stop" : ""}`;
  line.textContent = `${finding.stops ? "违规：" : "提醒："}${finding.message}。${finding.advice}`;
  return line;
}

function watch(form) {
  let timer = 0;
  let turn = 0;
  const controls = FIELDS.map((name) => form.elements.namedItem(name)).filter((found) => found && "value" in found);
  const places = controls.map((control) => [control.name, control.closest(".field") ?? control.parentElement]);
  for (const [name, selector] of Object.entries(BOXES)) {
    const near = form.querySelector(selector);
    if (!near) continue;
    const box = document.createElement("div");
    box.setAttribute("role", "status");
    near.after(box);
    places.push([name, box]);
  }
  async function check() {
    const mine = ++turn;
    const fields = Object.fromEntries(controls.filter((c) => c.value).map((control) => [control.name, control.value]));
    for (const [name, value] of new FormData(form)) if (AROUND(name) && value) fields[name] = value;
    if (form.dataset.papers) fields.papers = "1";
    const changed = /^listing-(\d+)$/.exec(form.dataset.draft ?? "");
    if (changed) fields.listing = changed[1];
    const answer = await post("/seller/rules/check", fields);
    if (mine !== turn || !answer.ok) return;
    for (const [name, box] of places) {
      for (const old of box.querySelectorAll(".rule-hint")) old.remove();
      for (const finding of answer.findings) if (finding.field === name) box.append(hint(finding));
    }
  }
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(check, PAUSE);
  };
  form.addEventListener("input", (event) => {
    if (FIELDS.includes(event.target.name) || AROUND(event.target.name ?? "")) later();
  });
  form.addEventListener("goods:pictures", later);
}

/** Watch the forms of goods below root. */
export function startRules(root) {
  for (const form of root.querySelectorAll('form[data-draft^="listing-"], form[data-rule-check]')) {
    if (form.dataset.ruled) continue;
    form.dataset.ruled = "yes";
    watch(form);
  }
}
