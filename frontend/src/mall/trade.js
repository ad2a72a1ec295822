// Comforts of the mall: regions in three steps, the price of the chosen variety, deadlines in simulated time.
import { cascades } from "../behaviour/cascade.js";
import { fresh } from "../behaviour/once.js";

function showShot(name) {
  const shot = name && [...document.querySelectorAll("[data-shot]")].find((image) => image.dataset.shot === name);
  if (shot) shot.parentElement.scrollTo({ left: shot.offsetLeft - shot.parentElement.offsetLeft });
}

// Several axes: one choice on each leads to one SKU; values that lead nowhere are struck out.
function axesOf(form, show) {
  const boxes = [...form.querySelectorAll("[data-axis]")];
  if (!boxes.length) return;
  const skus = [...form.querySelectorAll("input[name=sku]")].map((input) => ({ input, values: JSON.parse(input.dataset.values) }));
  form.querySelector("[data-all-skus]").hidden = true;
  const chosen = () => boxes.map((box) => box.querySelector("input:checked")?.value);
  const update = (turn = true) => {
    const now = chosen();
    boxes.forEach((box, place) => {
      for (const radio of box.querySelectorAll("input")) {
        radio.disabled = !skus.some(({ input, values }) => !input.disabled && values[place] === radio.value &&
          now.every((value, other) => other === place || other > place || value === undefined || values[other] === value));
      }
    });
    const found = skus.find(({ input, values }) => !input.disabled && now.every((value, place) => values[place] === value));
    if (found) {
      found.input.checked = true;
      show();
      if (turn) showShot(found.input.dataset.picture);
    }
  };
  const pick = (values) => boxes.forEach((box, place) => {
    for (const radio of box.querySelectorAll("input")) radio.checked = radio.value === values[place];
  });
  boxes.forEach((box, place) => {
    box.hidden = false;
    box.addEventListener("change", (event) => {
      const now = chosen();
      const best = skus.filter(({ input, values }) => !input.disabled && values[place] === event.target.value)
        .map((sku) => ({ ...sku, same: sku.values.filter((value, other) => value === now[other]).length }))
        .sort((one, two) => two.same - one.same)[0];
      if (best) pick(best.values);
      update();
    });
  });
  const first = skus.find(({ input }) => input.checked) ?? skus.find(({ input }) => !input.disabled);
  if (first) pick(first.values);
  update(false); // the page opens on its first picture, or its video
}

function galleries(root) {
  for (const box of fresh(root, "[data-show-gallery]", "ShowGallery")) {
    const shots = box.querySelector(".shots");
    for (const link of box.querySelectorAll(".shot-thumbs a")) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        const shot = box.querySelector(link.getAttribute("href"));
        shots.scrollTo({ left: shot.offsetLeft - shots.offsetLeft, behavior: "smooth" });
      });
    }
  }
}

function varieties(root) {
  for (const form of fresh(root, "[data-skus]", "Skus")) {
    const quantity = form.querySelector("[data-stepper] input");
    const show = () => {
      const chosen = form.querySelector("input[name=sku]:checked");
      if (!chosen) return;
      for (const [name, value] of Object.entries(chosen.dataset)) {
        for (const place of document.querySelectorAll(`[data-show-${name}]`)) {
          if (name === "price") place.replaceChildren(...chosen.parentElement.querySelector("template").content.cloneNode(true).childNodes);
          else place.textContent = value;
        }
      }
      if (quantity) {
        quantity.max = chosen.dataset.left;
        if (Number(quantity.value) > Number(quantity.max)) quantity.value = quantity.max;
        quantity.dispatchEvent(new Event("input", { bubbles: true }));
      }
    };
    form.addEventListener("change", (event) => {
      if (event.target.name !== "sku") return;
      show();
      showShot(event.target.dataset.picture);
    });
    show();
    axesOf(form, show);
  }
}

function words(seconds) {
  const days = Math.floor(seconds / 86400);
  const hours = Math.floor(seconds / 3600) % 24;
  const minutes = Math.floor(seconds / 60) % 60;
  if (days) return hours ? `${days}天${hours}小时` : `${days}天`;
  if (hours) return minutes ? `${hours}小时${minutes}分钟` : `${hours}小时`;
  if (minutes) return `${minutes}分钟${seconds % 60 ? `${seconds % 60}秒` : ""}`;
  return `${seconds}秒`;
}

function deadlines(root) {
  const clock = document.querySelector("[data-sim-clock]");
  const rate = !clock || clock.dataset.paused === "true" ? 0 : Number(clock.dataset.rate ?? 1);
  for (const element of fresh(root, "[data-sim-left]", "SimLeft")) {
    const whole = Number(element.dataset.simLeft);
    const start = performance.now();
    if (!rate || whole <= 0) continue;
    const timer = setInterval(() => {
      const left = Math.floor(whole - ((performance.now() - start) / 1000) * rate);
      element.textContent = left > 0 ? words(left) : "已到时限";
      if (left <= 0 || !element.isConnected) clearInterval(timer);
    }, 1000);
  }
}

// Freight hangs on the address, the price on the coupons: another choice is another quote.
function requotes(root) {
  for (const form of fresh(root, "form[data-requote]", "Requote")) {
    form.addEventListener("change", (event) => {
      const priced = (name) => name === "address" || name === "points" || name.startsWith("coupon-");
      if (!priced(event.target.name)) return;
      const url = new URL(form.dataset.requote, location.href);
      for (const [name, value] of new FormData(form)) {
        const kept = priced(name) || (name.startsWith("message-") && value);
        if (kept) url.searchParams.set(name, value);
      }
      location.replace(url);
    });
  }
}

export function startTrade(root) {
  requotes(root);
  galleries(root);
  cascades(root);
  varieties(root);
  deadlines(root);
}
