// A form is sent once (防重复提交): its button is busy until the next page stands.
let wired = false;

function release(form) {
  delete form.dataset.sending;
  form.removeAttribute("aria-busy");
  for (const button of form.querySelectorAll(".is-busy")) {
    button.classList.remove("is-busy");
    button.removeAttribute("aria-disabled");
  }
}

export function startSubmits() {
  if (wired) return;
  wired = true;
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.getAttribute("method")?.toLowerCase() !== "post" || form.getAttribute("target") === "_blank") return;
    if (form.dataset.sending) {
      event.preventDefault();
      return;
    }
    form.dataset.sending = "1";
    form.setAttribute("aria-busy", "true");
    const button = event.submitter ?? form.querySelector("[type=submit]");
    if (button) {
      // Not "disabled": the browser would leave the button's own name and value out of the request.
      button.classList.add("is-busy");
      button.setAttribute("aria-disabled", "true");
    }
    setTimeout(() => release(form), 15000);
  });
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sending]").forEach(release));
}
