// Suggestions under the mall's search field: arrow keys choose, Enter searches, Escape closes.
import { fresh } from "../behaviour/once.js";

export function startSuggest(root) {
  for (const field of fresh(root, "#mall-q", "Suggest")) {
    const form = field.form;
    const list = document.createElement("ul");
    list.className = "suggestions";
    list.id = "mall-suggestions";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "搜索建议");
    list.hidden = true;
    form.append(list);
    const roles = { role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false" };
    for (const [name, value] of Object.entries(roles)) field.setAttribute(name, value);
    let timer = 0;
    let asked = 0;
    let typed = field.value;
    const options = () => [...list.children];
    const close = () => {
      list.hidden = true;
      field.setAttribute("aria-expanded", "false");
      field.removeAttribute("aria-activedescendant");
    };
    const search = (word) => {
      field.value = word;
      close();
      form.requestSubmit();
    };
    const show = (words) => {
      list.replaceChildren(...words.map((word, place) => {
        const option = document.createElement("li");
        option.id = `mall-suggestion-${place}`;
        option.setAttribute("role", "option");
        option.textContent = word;
        option.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          search(word);
        });
        return option;
      }));
      list.hidden = words.length === 0;
      field.setAttribute("aria-expanded", String(words.length > 0));
    };
    const move = (by) => {
      const all = options();
      if (list.hidden || !all.length) return;
      const now = all.findIndex((option) => option.ariaSelected === "true");
      const next = (now + by + all.length + 1) % (all.length + 1);
      all.forEach((option, place) => option.setAttribute("aria-selected", String(place === next)));
      field.value = all[next]?.textContent ?? typed;
      if (all[next]) field.setAttribute("aria-activedescendant", all[next].id);
      else field.removeAttribute("aria-activedescendant");
    };
    field.addEventListener("input", () => {
      typed = field.value;
      clearTimeout(timer);
      const q = typed.trim();
      if (!q) return close();
      timer = setTimeout(async () => {
        const turn = ++asked;
        const answer = await fetch(`/mall/search/suggest?q=${encodeURIComponent(q)}`, {
          headers: { Accept: "application/json", "X-Requested-With": "fetch" }, credentials: "same-origin",
        }).catch(() => null);
        if (answer?.ok && turn === asked && document.activeElement === field) show((await answer.json()).words);
      }, 160);
    });
    field.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        move(event.key === "ArrowDown" ? 1 : -1);
      } else if (event.key === "Escape") close();
    });
    field.addEventListener("blur", () => setTimeout(close, 120));
  }
}
