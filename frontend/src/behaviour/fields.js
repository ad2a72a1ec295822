// Small field comforts: password in sight, quantity steps, dropped files, counted characters, forms sent on choice.
import { fresh } from "./once.js";

function steppers(root) {
  for (const box of fresh(root, "[data-stepper]", "Stepper")) {
    const field = box.querySelector("input");
    const [less, more] = box.querySelectorAll("button");
    const bound = (name, other) => (field[name] === "" ? other : Number(field[name]));
    const show = () => {
      less.disabled = Number(field.value) <= bound("min", 1);
      more.disabled = Number(field.value) >= bound("max", Infinity);
    };
    const step = (by) => {
      field.value = Math.min(bound("max", Infinity), Math.max(bound("min", 1), Number(field.value || 0) + by));
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true }));
      show();
    };
    less.addEventListener("click", () => step(-1));
    more.addEventListener("click", () => step(1));
    field.addEventListener("input", show);
    show();
  }
}

function passwords(root) {
  for (const button of fresh(root, "[data-show-password]", "Show")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const field = document.getElementById(button.getAttribute("aria-controls"));
      const shown = field.type === "text";
      field.type = shown ? "password" : "text";
      button.setAttribute("aria-pressed", String(!shown));
    });
  }
}

function size(bytes) {
  return bytes < 1048576 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1048576).toFixed(1)} MB`;
}

function drops(root) {
  for (const zone of fresh(root, "[data-drop]", "Drop")) {
    const field = zone.querySelector("input[type=file]");
    const words = zone.querySelector("[data-drop-name]");
    const empty = words.textContent;
    const show = () => {
      words.textContent = [...field.files].map((file) => `${file.name}（${size(file.size)}）`).join("、") || empty;
      zone.classList.toggle("has-file", field.files.length > 0);
    };
    field.addEventListener("change", show);
    for (const type of ["dragenter", "dragover"]) {
      zone.addEventListener(type, (event) => {
        event.preventDefault();
        zone.classList.add("is-over");
      });
    }
    for (const type of ["dragleave", "drop"]) zone.addEventListener(type, () => zone.classList.remove("is-over"));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      if (!event.dataTransfer.files.length) return;
      field.files = event.dataTransfer.files;
      field.dispatchEvent(new Event("change", { bubbles: true }));
    });
    show();
  }
}

function counters(root) {
  for (const field of fresh(root, "textarea[data-count]", "Count")) {
    const limit = field.maxLength > 0 ? field.maxLength : 0;
    const words = document.createElement("span");
    words.className = "field-count";
    words.setAttribute("aria-hidden", "true");
    field.after(words);
    const show = () => {
      const length = [...field.value].length;
      words.textContent = limit ? `${length} / ${limit}` : `${length} 字`;
    };
    field.addEventListener("input", show);
    show();
  }
}

let wired = false;

export function startFields(root) {
  if (!wired) {
    wired = true;
    document.addEventListener("change", (event) => {
      if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
    });
  }
  steppers(root);
  passwords(root);
  drops(root);
  counters(root);
  for (const field of fresh(root, "[aria-invalid=true]", "Focus").slice(0, 1)) field.focus({ preventScroll: false });
}
