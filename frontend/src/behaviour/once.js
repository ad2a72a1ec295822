// Elements below root that match and were not yet taken by this behaviour.
export function fresh(root, selector, mark) {
  const found = [...root.querySelectorAll(selector)];
  if (root instanceof Element && root.matches(selector)) found.unshift(root);
  return found.filter((element) => {
    const key = `on${mark}`;
    if (element.dataset[key]) return false;
    element.dataset[key] = "1";
    return true;
  });
}

/** Build an element: tag, properties, children (text or nodes). */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}
