// What scrolls sideways can be reached by keyboard: wide tables and bars get a place in the tab order.
const selector = ".table-wrap, .statetabs, .roomnav";

const watcher = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth + 1) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});

export function startScrollers(root) {
  for (const element of root.querySelectorAll(selector)) watcher.observe(element);
}
