// Posting without a reload (不刷新提交): the answer as JSON, or a refusal in words.

/** POST fields to an address of the site. @returns {Promise<object>} the JSON answer; {ok: false, error} when refused */
export async function post(url, fields) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  const token = document.querySelector("meta[name=csrf-token]")?.content ?? "";
  try {
    const answer = await fetch(url, {
      method: "POST",
      body,
      headers: { "X-CSRFToken": token, Accept: "application/json", "X-Requested-With": "fetch" },
    });
    const found = await answer.json();
    return answer.ok ? { ok: true, ...found } : { ok: false, ...found };
  } catch {
    return { ok: false, code: "offline", error: "网络不稳定，请稍后再试。" };
  }
}
