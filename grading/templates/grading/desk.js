// The marking desk: total and saved state always visible, draft kept while typing, everything by keyboard.
const sheet = document.getElementById("sheet");
const criteria = [...sheet.querySelectorAll("[data-criterion]")];
const saved = sheet.querySelector("[data-saved]");
const versionField = sheet.elements.version;
const pointsOf = (box) => box.querySelector("input[type=number]");

function say(state, text) {
  if (!saved) return;
  saved.dataset.state = state;
  saved.querySelector("span").textContent = text;
}

function show() {
  let total = 0, given = 0;
  for (const box of criteria) {
    const field = pointsOf(box), most = Number(box.dataset.maximum), points = Number(field.value);
    const there = field.value !== "" && Number.isInteger(points) && points >= 0 && points <= most;
    field.classList.toggle("is-invalid", field.value !== "" && !there);
    if (there) { total += points; given += 1; }
    const needed = there && (points * 100 < 60 * most || points * 100 > 90 * most);
    box.querySelector("[data-comment-hint]").hidden = !needed || box.querySelector("textarea").value.trim() !== "";
    for (const button of box.querySelectorAll("[data-points]")) button.classList.toggle("active", there && Number(button.dataset.points) === points);
  }
  sheet.querySelector("[data-total]").textContent = total;
  sheet.querySelector("[data-given]").textContent = `已打 ${given} / ${criteria.length} 项`;
  const bar = sheet.querySelector("[data-bar] .bar-value");
  if (bar) bar.setAttribute("width", Math.min(100, total));
}

// What the server's own sentence cannot know: that the words still stand here.
const REFUSED = {
  401: "登录已过期：请在新窗口登录，再回到这里接着写，内容还在页面上。",
  404: "这份评审件已被收回或调走，不再由你评审；写下的内容还在页面上，需要的话请先复制。",
};
let timer = 0, busy = false, again = false, stopped = false, saving = Promise.resolve();

function save() {
  if (!sheet.dataset.save) return; // a sheet whose draft stays in the browser
  if (busy) { again = true; return; }
  if (stopped) return;
  busy = true;
  saving = send();
}

async function send() {
  say("dirty", "正在保存…");
  const body = Object.fromEntries([...sheet.elements].filter((field) => /^(points|comment)-|^version$/.test(field.name)).map((field) => [field.name, field.value]));
  try {
    const answer = await fetch(sheet.dataset.save, {
      method: "POST", credentials: "same-origin", body: JSON.stringify(body),
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-Requested-With": "fetch", "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content },
    });
    const reply = await answer.json();
    if (answer.ok) {
      versionField.value = reply.version;
      say("saved", "草稿已保存 " + new Date().toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit" }));
    } else {
      stopped = [404, 409].includes(answer.status);
      say("dirty", REFUSED[answer.status] || reply.error || "没有保存，请检查后重试。");
    }
  } catch {
    say("offline", "网络不通，内容还在页面上，恢复后会自动保存。");
    clearTimeout(timer);
    timer = setTimeout(save, 5000);
  }
  busy = false;
  if (again) { again = false; save(); }
}

if ("open" in sheet.dataset) {
  sheet.addEventListener("input", () => {
    show();
    say("dirty", "有未保存的修改");
    clearTimeout(timer);
    timer = setTimeout(save, 900);
  });
  sheet.addEventListener("click", (event) => {
    const button = event.target.closest("[data-points]");
    if (!button) return;
    const field = pointsOf(button.closest("[data-criterion]"));
    field.value = button.dataset.points;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  // A usual comment is added to what stands there, not written over it.
  sheet.addEventListener("click", (event) => {
    const button = event.target.closest("[data-snippet]");
    if (!button) return;
    const field = button.closest("[data-criterion]").querySelector("textarea");
    field.value = [field.value.trim(), button.textContent].filter(Boolean).join("\n");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
  sheet.addEventListener("submit", (event) => {
    clearTimeout(timer);
    again = false;
    if (!navigator.onLine) { // the browser would leave this page for one that says "no network"
      event.preventDefault();
      say("offline", "网络断开，评分还没有提交；内容还在页面上，恢复后请再点一次。");
      return;
    }
    if (!busy) { stopped = true; return; }
    // A draft is on its way: what is sent must carry the version that comes back with it.
    const { submitter } = event;
    event.preventDefault();
    saving.then(() => {
      sheet.dataset.confirmed = "1";
      sheet.requestSubmit(submitter);
      delete sheet.dataset.confirmed;
    });
  });
  // Enter goes to the next criterion; the form is sent by its button.
  sheet.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input[type=number]")) return;
    event.preventDefault();
    const next = criteria[criteria.indexOf(event.target.closest("[data-criterion]")) + 1];
    if (next) { pointsOf(next).focus(); pointsOf(next).select(); }
    else sheet.querySelector("button[value=submit]").focus();
  });
}
// What was typed while this script was still on its way is saved like the rest.
const typed = (field) => /^(points|comment)-/.test(field.name) && field.value !== field.defaultValue;
if ("open" in sheet.dataset && [...sheet.elements].some(typed)) sheet.dispatchEvent(new Event("input"));
addEventListener("online", () => { if (saved?.dataset.state === "offline") save(); });
document.addEventListener("keydown", (event) => {
  const next = document.getElementById("next-paper");
  if (event.altKey && event.code === "KeyN" && next) { event.preventDefault(); next.click(); }
});
// How long this paper has been open: told quietly, never judged, and out of sight on request.
const time = sheet.querySelector("[data-time]");
if (time) {
  const text = time.querySelector("[data-time-text]"), toggle = time.querySelector("[data-time-toggle]");
  const began = Date.now() - Number(time.dataset.seconds) * 1000;
  const tell = () => {
    const minutes = Math.floor((Date.now() - began) / 60000), hours = Math.floor(minutes / 60);
    text.textContent = minutes < 1 ? "刚打开" : hours ? `已打开 ${hours} 小时 ${minutes % 60} 分钟` : `已打开 ${minutes} 分钟`;
  };
  const hide = (hidden) => {
    text.hidden = hidden;
    toggle.textContent = hidden ? "显示用时" : "隐藏用时";
    toggle.setAttribute("aria-pressed", String(hidden));
    try { localStorage.setItem("desk-time-hidden", hidden ? "1" : ""); } catch { /* private mode: shown again next time */ }
  };
  let hidden = "";
  try { hidden = localStorage.getItem("desk-time-hidden"); } catch { /* the same */ }
  hide(hidden === "1");
  toggle.addEventListener("click", () => hide(!text.hidden));
  tell();
  setInterval(tell, 20000);
}
show();
