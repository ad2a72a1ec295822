// POST to the server from the room: with the page's token, answered as JSON.

/** Send fields or a form; the promise answers {ok, …} and never fails. */
export async function post(url, fields = {}) {
  const body = fields instanceof FormData ? fields : new FormData();
  if (!(fields instanceof FormData)) for (const [name, value] of Object.entries(fields)) body.set(name, value);
  const token = document.querySelector("meta[name=csrf-token]").content;
  try {
    const answer = await fetch(url, {
      method: "POST", body, headers: { "X-Requested-With": "fetch", "X-CSRFToken": token, Accept: "application/json" },
    });
    const told = await answer.json();
    return { ...told, ok: answer.ok };
  } catch {
    return { ok: false, error: "网络不稳定，请稍后再试。" };
  }
}
