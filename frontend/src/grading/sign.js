// The drawn signature of an assessor: strokes as points in a field of 600 × 200, sent with the form.
import SignaturePad from "signature_pad";

const WIDTH = 600, HEIGHT = 200;
const form = document.getElementById("sign-form");
const field = form.querySelector("[data-sign]");
const canvas = field.querySelector("canvas");
field.hidden = false;
const pad = new SignaturePad(canvas, { minDistance: 3, penColor: "#1b2a6b", minWidth: 1, maxWidth: 2.6 });

function fit() {
  const ratio = Math.max(window.devicePixelRatio || 1, 1), kept = pad.toData();
  canvas.width = canvas.offsetWidth * ratio;
  canvas.height = canvas.offsetHeight * ratio;
  canvas.getContext("2d").scale(ratio, ratio);
  pad.clear();
  pad.fromData(kept);
}

const strokes = () => pad.toData().map((stroke) => stroke.points.map((point) => [
  Math.round((point.x * WIDTH) / canvas.offsetWidth), Math.round((point.y * HEIGHT) / canvas.offsetHeight),
]));

fit();
window.addEventListener("resize", fit);
pad.addEventListener("endStroke", () => { form.elements.strokes.value = JSON.stringify(strokes()); });
form.querySelector("[data-sign-clear]").addEventListener("click", () => { pad.clear(); form.elements.strokes.value = ""; });
