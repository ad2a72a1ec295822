// Tabs inside a page: [data-tabs] holds role=tab buttons with aria-controls; arrow keys move.
import { fresh } from "./once.js";

export function startTabs(root) {
  for (const list of fresh(root, "[data-tabs]", "Tabs")) {
    const tabs = [...list.querySelectorAll("[role=tab]")];
    const panel = (tab) => document.getElementById(tab.getAttribute("aria-controls"));
    const show = (chosen, focus = false) => {
      for (const tab of tabs) {
        const on = tab === chosen;
        tab.setAttribute("aria-selected", String(on));
        tab.tabIndex = on ? 0 : -1;
        panel(tab).hidden = !on;
      }
      if (focus) chosen.focus();
    };
    list.addEventListener("click", (event) => {
      const tab = event.target.closest("[role=tab]");
      if (tab) show(tab);
    });
    list.addEventListener("keydown", (event) => {
      const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!move) return;
      event.preventDefault();
      show(tabs[(tabs.indexOf(document.activeElement) + move + tabs.length) % tabs.length], true);
    });
    show(tabs.find((tab) => panel(tab).id === location.hash.slice(1)) ?? tabs.find((tab) => tab.getAttribute("aria-selected") === "true") ?? tabs[0]);
  }
}
