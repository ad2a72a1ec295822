// Rule hints while goods are written (违规提示): asks the platform a moment after typing and shows what it found
// under the field. A hint never keeps anybody from typing on; the server has the last word.
import { post } from "../service/posting.js";

const PAUSE = 700;
const FIELDS = ["title", "brief", "detail", "brand"];
const AROUND = (name) => name === "category_l1" || name === "category_l2" || name.startsWith("attribute:");

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
  async function check() {
    const mine = ++turn;
    const fields = Object.fromEntries(controls.filter((c) => c.value).map((control) => [control.name, control.value]));
    for (const [name, value] of new FormData(form)) if (AROUND(name) && value) fields[name] = value;
    if (form.dataset.papers) fields.papers = "1";
    const answer = await post("/seller/rules/check", fields);
    if (mine !== turn || !answer.ok) return;
    for (const control of controls) {
      const box = control.closest(".field") ?? control.parentElement;
      for (const old of box.querySelectorAll(".rule-hint")) old.remove();
      for (const finding of answer.findings) if (finding.field === control.name) box.append(hint(finding));
    }
  }
  for (const control of controls) {
    control.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(check, PAUSE);
    });
  }
}

/** Watch the forms of goods below root. */
export function startRules(root) {
  for (const form of root.querySelectorAll('form[data-draft^="listing-"], form[data-rule-check]')) {
    if (form.dataset.ruled) continue;
    form.dataset.ruled = "yes";
    watch(form);
  }
}
