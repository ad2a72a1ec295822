// Pictures of goods: chosen, cut square, uploaded, put in order by dragging or with arrow buttons.
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  Object.assign(element, properties);
  element.append(...children);
  return element;
}

/** Upload one picture; returns its name and addresses, throws with a sentence. */
export async function uploadPicture(form, file, use = "cover") {
  const body = new FormData();
  body.append("csrf_token", form.elements.csrf_token.value);
  body.append("key", `pic-${crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`}`);
  body.append("use", use);
  body.append("file", file, file.name || "picture.jpg");
  const answer = await fetch(form.dataset.upload, {
    method: "POST", body, headers: { Accept: "application/json", "X-Requested-With": "fetch" }, credentials: "same-origin",
  });
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(found.error ?? "上传没有成功，请检查网络后重试。");
  return found;
}

/** Let the person cut a square out of the picture; null when they leave. */
async function cut(file) {
  const { default: Cropper } = await import("cropperjs");
  const image = make("img", { src: URL.createObjectURL(file), alt: "待裁剪的图片" });
  await image.decode().catch(() => null);
  if (!image.naturalWidth) return file; // the server says what is wrong with it
  if (image.naturalWidth === image.naturalHeight) return file;
  const stage = make("div", { className: "crop-stage" }, image);
  const use = make("button", { type: "button", className: "btn btn-primary" }, "使用");
  const leave = make("button", { type: "button", className: "btn" }, "取消");
  const dialog = make("dialog", { className: "dialog crop" }, make("h2", {}, "裁成正方形"), stage, make("div", { className: "form-actions" }, leave, use));
  dialog.setAttribute("aria-label", "裁剪图片");
  document.body.append(dialog);
  dialog.showModal();
  const template = '<cropper-canvas background style="height:340px"><cropper-image translatable scalable initial-center-size="contain"></cropper-image>' +
    '<cropper-shade></cropper-shade><cropper-selection aspect-ratio="1" initial-coverage="0.9" movable resizable outlined keyboard>' +
    '<cropper-handle action="move" theme-color="rgba(255,255,255,.35)"></cropper-handle><cropper-handle action="ne-resize"></cropper-handle>' +
    '<cropper-handle action="nw-resize"></cropper-handle><cropper-handle action="se-resize"></cropper-handle><cropper-handle action="sw-resize"></cropper-handle>' +
    "</cropper-selection></cropper-canvas>";
  const cropper = new Cropper(image, { container: stage, template });
  return new Promise((resolve) => {
    const end = (result) => {
      dialog.close();
      dialog.remove();
      URL.revokeObjectURL(image.src);
      resolve(result);
    };
    leave.addEventListener("click", () => end(null));
    dialog.addEventListener("cancel", () => end(null));
    use.addEventListener("click", async () => {
      const selection = cropper.getCropperSelection();
      const shown = cropper.getCropperImage().getBoundingClientRect();
      const scale = image.naturalWidth / shown.width; // as many pixels as the picture has there
      const side = Math.min(1200, Math.round(selection.width * scale)) || 800;
      const canvas = await selection.$toCanvas({ width: side, height: side });
      canvas.toBlob((blob) => end(blob ? new File([blob], "picture.jpg", { type: "image/jpeg" }) : file), "image/jpeg", 0.92);
    });
  });
}

export function startGallery(form) {
  const list = form.querySelector("[data-gallery]");
  const value = form.querySelector("[data-gallery-value]");
  const chooser = form.querySelector("[data-gallery-file]");
  const wrong = form.querySelector("[data-gallery-error]");
  if (!list || !chooser) return;
  const limit = Number(list.dataset.limit);
  const sync = () => {
    const items = [...list.children];
    value.value = items.map((item) => item.dataset.name).join(",");
    items.forEach((item, place) => {
      item.querySelector("img").alt = `主图 ${place + 1}`;
      const [left, right] = item.querySelectorAll("[data-step]");
      left.disabled = place === 0;
      right.disabled = place === items.length - 1;
    });
    form.dispatchEvent(new Event("goods:pictures"));
  };
  const dress = (item) => {
    const tool = (words, label, action, step) => {
      const button = make("button", { type: "button", className: "btn btn-icon btn-sm", onclick: action }, words);
      button.setAttribute("aria-label", label);
      if (step) button.dataset.step = "";
      return button;
    };
    item.append(make("span", { className: "gallery-tools" },
      tool("←", "往前移", () => { item.previousElementSibling?.before(item); sync(); }, true),
      tool("→", "往后移", () => { item.nextElementSibling?.after(item); sync(); }, true),
      tool("×", "删除这张图", () => { item.remove(); sync(); })));
  };
  [...list.children].forEach(dress);
  chooser.addEventListener("change", async () => {
    wrong.hidden = true;
    for (const file of [...chooser.files]) {
      if (list.children.length >= limit) {
        wrong.textContent = `主图最多 ${limit} 张。`;
        wrong.hidden = false;
        break;
      }
      try {
        const ready = await cut(file);
        if (!ready) continue;
        const { name, small } = await uploadPicture(form, ready);
        const item = make("li", {}, make("img", { src: small, width: 112, height: 112 }));
        item.dataset.name = name;
        dress(item);
        list.append(item);
        sync();
      } catch (error) {
        wrong.textContent = error.message;
        wrong.hidden = false;
      }
    }
    chooser.value = "";
    chooser.dispatchEvent(new Event("input", { bubbles: true }));
    const words = chooser.closest("[data-drop]")?.querySelector("[data-drop-name]");
    if (words) words.textContent = "点选图片，或把图片拖到这里";
  });
  import("sortablejs").then(({ default: Sortable }) => Sortable.create(list, { animation: 150, onEnd: sync }));
  sync();
}
