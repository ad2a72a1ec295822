// How figures and pictures of the room are written (与服务器页面一致).
import { make } from "../behaviour/once.js";

export function yuan(fen) {
  const [whole, cents] = (Math.abs(fen) / 100).toFixed(2).split(".");
  return `${fen < 0 ? "-" : ""}¥${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${cents}`;
}

/** A price with small ¥ and small decimals. */
export function price(fen) {
  const [whole, cents] = yuan(fen).slice(1).split(".");
  return make(
    "span", { className: "price" },
    make("span", { className: "price-mark" }, "¥"), make("span", { className: "price-whole" }, whole),
    make("span", { className: "price-cents" }, `.${cents}`),
  );
}

export function count(number) {
  for (const [unit, word] of [[1e8, "亿"], [1e4, "万"]]) {
    if (number >= unit) return `${Math.floor((number * 10) / unit) / 10}${word}`;
  }
  return number.toLocaleString("en-US");
}

function base64url(text) {
  const bytes = new TextEncoder().encode(text);
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The address of a drawn picture, made like the server's `picture_url`. */
export function picture(kind, title, category = "") {
  const words = [[...title].slice(0, 60).join(""), [...category].slice(0, 40).join("")];
  return `/pictures/${kind}/${base64url(JSON.stringify(words))}.svg`;
}

/** An icon of the page's sprite, found by one that the server has drawn. */
export function icon(name) {
  const sprite = document.querySelector("svg.icon use")?.getAttribute("href").split("#")[0] ?? "";
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}
