// Parts of a page that refresh themselves: data-poll="URL" data-poll-every="3000".
// The answer is a fragment, or a page that holds an element of the same id. It ends with an element
// [data-poll-done]; a value there is the address to go to.
import { fresh } from "./once.js";

function part(html, id) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const same = id && page.getElementById(id);
  return same ?? page.body;
}

async function refresh(element, enhance) {
  const answer = await fetch(element.dataset.poll, {
    headers: { "X-Requested-With": "fetch", Accept: "text/html" }, credentials: "same-origin",
  });
  if (answer.redirected && new URL(answer.url).pathname === "/login") return location.reload();
  if (!answer.ok) return answer.status >= 500;
  const fresher = part(await answer.text(), element.id);
  if (element.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return true;
  if (fresher.innerHTML.trim() !== element.dataset.pollSeen) {
    element.dataset.pollSeen = fresher.innerHTML.trim();
    element.replaceChildren(...fresher.childNodes);
    enhance(element);
    element.dispatchEvent(new CustomEvent("poll:change", { bubbles: true }));
  }
  const done = fresher.matches?.("[data-poll-done]") ? fresher : element.querySelector("[data-poll-done]");
  if (!done) return true;
  if (done.dataset.pollDone) location.assign(done.dataset.pollDone);
  return false;
}

export function startPolls(root, enhance) {
  for (const element of fresh(root, "[data-poll]", "Poll")) {
    if (element.querySelector("[data-poll-done]")) continue;
    const pause = Math.max(1000, Number(element.dataset.pollEvery ?? 3000));
    const turn = async () => {
      if (!element.isConnected) return;
      let again = true;
      if (!document.hidden) {
        try {
          again = await refresh(element, enhance);
        } catch {
          again = true; // The network was away; the next turn tries again.
        }
      }
      if (again) setTimeout(turn, pause);
    };
    setTimeout(turn, pause);
  }
}
