// The form of goods: attributes of the category, matrix of specifications, small editor of the detail, freight rows.
import { fresh } from "../behaviour/once.js";
import { startGallery, uploadPicture } from "./gallery.js";

const LIMIT = 100;

function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  Object.assign(element, properties);
  element.append(...children);
  return element;
}

function attributes(form) {
  const book = JSON.parse(form.querySelector("[data-category-book]").textContent);
  const box = form.querySelector("[data-attributes]");
  const [one, two] = ["category_l1", "category_l2"].map((name) => form.elements[name]);
  const below = document.getElementById("level2");
  const rest = [...below.children].map((option) => option.value);
  const show = () => {
    const branch = book[one.value.trim()];
    below.replaceChildren(...(branch ? Object.keys(branch).filter(Boolean) : rest).map((value) => make("option", { value })));
    const wanted = branch?.[two.value.trim()] ?? [];
    const typed = new Map([...box.querySelectorAll("input")].map((field) => [field.name, field.value]));
    if (wanted.length === typed.size && wanted.every(([name]) => typed.has(`attribute:${name}`))) return;
    box.replaceChildren(...wanted.map(([name, options, required], place) => {
      const id = `attribute-${place + 1}`;
      const field = make("input", { className: "form-control", id, name: `attribute:${name}`, maxLength: 60, autocomplete: "off",
        value: typed.get(`attribute:${name}`) ?? "" });
      const label = make("label", { className: `form-label${required ? " is-required" : ""}`, htmlFor: id }, name);
      const cell = make("div", { className: "field" }, label, field);
      if (options.length) {
        field.setAttribute("list", `options-${place + 1}`);
        cell.append(make("datalist", { id: `options-${place + 1}` }, ...options.map((value) => make("option", { value }))));
      }
      return cell;
    }));
  };
  one.addEventListener("change", show);
  two.addEventListener("change", show);
}

const pairsOf = (text) => text.replaceAll("：", ":").replaceAll("；", ";").split(";").filter((part) => part.includes(":"))
  .map((part) => [part.slice(0, part.indexOf(":")).trim(), part.slice(part.indexOf(":") + 1).trim()]);

function matrix(form) {
  const box = form.querySelector("[data-matrix]");
  const list = form.querySelector("[data-sku-rows]");
  const opener = form.querySelector("[data-open-matrix]");
  const rows = () => [...list.querySelectorAll(".sku-edit")];
  const input = (row, name) => row.querySelector(`[name$="-${name}"]`);
  const axes = [];
  for (const row of rows()) {
    pairsOf(input(row, "spec").value).forEach(([name, value], place) => {
      axes[place] ??= { name, values: [] };
      if (!axes[place].values.includes(value)) axes[place].values.push(value);
    });
  }
  const renumber = () => rows().forEach((row, place) => {
    for (const element of row.querySelectorAll("[name],[id],[for],[aria-describedby]")) {
      for (const key of ["name", "id", "for", "aria-describedby"]) {
        const old = element.getAttribute(key);
        if (old) element.setAttribute(key, old.replace(/skus-\d+-/g, `skus-${place}-`));
      }
    }
    row.querySelector("legend").textContent = `规格 ${place + 1}`;
    row.querySelector("[name=drop_sku]")?.setAttribute("value", place);
  });
  const words = make("p", { className: "muted small", role: "status" });
  const generate = () => {
    const used = axes.filter((axis) => axis.name && axis.values.length);
    if (!used.length) return;
    let combinations = [[]];
    for (const axis of used) combinations = combinations.flatMap((start) => axis.values.map((value) => [...start, [axis.name, value]]));
    words.textContent = `共 ${combinations.length} 个规格${combinations.length > LIMIT ? `，最多 ${LIMIT} 个，请减少一些值` : ""}。`;
    if (combinations.length > LIMIT) return;
    const keyOf = (pairs) => pairs.map((pair) => pair.join(":")).join(";");
    const known = new Map(rows().map((row) => [keyOf(pairsOf(input(row, "spec").value)), row]));
    const pattern = rows()[0];
    const made = combinations.map((pairs) => {
      const key = keyOf(pairs);
      const row = known.get(key) ?? pattern.cloneNode(true);
      if (!known.has(key)) {
        for (const name of ["id", "code", "barcode", "picture"]) input(row, name).value = "";
        for (const wrong of row.querySelectorAll(".field-error")) wrong.remove();
      }
      input(row, "spec").value = key;
      input(row, "spec").readOnly = true;
      return row;
    });
    list.replaceChildren(...made);
    renumber();
    form.dispatchEvent(new Event("goods:rows"));
  };
  const draw = () => {
    const cells = [0, 1, 2].map((place) => {
      const axis = axes[place] ?? { name: "", values: [] };
      const name = make("input", { className: "form-control", value: axis.name, maxLength: 10, placeholder: ["颜色", "尺寸", "套餐"][place] });
      const values = make("input", { className: "form-control", value: axis.values.join("、"), placeholder: "用顿号或逗号分开，如 米白、雾蓝" });
      name.setAttribute("aria-label", `规格项 ${place + 1}`);
      values.setAttribute("aria-label", `规格项 ${place + 1} 的值`);
      for (const field of [name, values]) {
        field.addEventListener("change", () => {
          axes[place] = { name: (name.value || name.placeholder).trim().replace(/[:;：；]/g, ""),
            values: [...new Set(values.value.split(/[、,，]/).map((word) => word.trim().replace(/[:;：；]/g, "")).filter(Boolean))] };
          generate();
        });
      }
      return make("div", { className: "matrix-axis" }, name, values);
    });
    const price = make("input", { className: "form-control", inputMode: "decimal", placeholder: "统一售价" });
    const count = make("input", { className: "form-control", inputMode: "numeric", placeholder: "统一数量" });
    price.setAttribute("aria-label", "统一售价");
    count.setAttribute("aria-label", "统一数量");
    const apply = make("button", { type: "button", className: "btn" }, "应用到全部规格");
    apply.addEventListener("click", () => rows().forEach((row) => {
      if (price.value) input(row, "price").value = price.value;
      if (count.value) input(row, "stock").value = count.value;
    }));
    box.replaceChildren(...cells, make("div", { className: "matrix-all" }, price, count, apply), words);
    box.hidden = false;
    opener.hidden = true;
  };
  opener.hidden = false;
  opener.addEventListener("click", () => {
    draw();
    box.querySelector("input").focus();
  });
  if (axes.length) draw();
}

function skuPictures(form) {
  const value = form.querySelector("[data-gallery-value]");
  const show = () => {
    const names = value.value.split(",").filter(Boolean);
    for (const row of form.querySelectorAll(".sku-edit")) {
      const hidden = row.querySelector('[name$="-picture"]');
      let select = row.querySelector("[data-sku-picture]");
      if (!select) {
        select = make("select", { className: "form-select" });
        select.dataset.skuPicture = "";
        select.setAttribute("aria-label", "规格图");
        row.append(make("div", { className: "field sku-picture" }, select));
      }
      select.onchange = () => (hidden.value = select.value);
      select.replaceChildren(new Option("不配图", ""), ...names.map((name, place) => new Option(`主图 ${place + 1}`, name)));
      select.value = names.includes(hidden.value) ? hidden.value : "";
      hidden.value = select.value;
      select.parentElement.hidden = names.length === 0;
    }
  };
  form.addEventListener("goods:pictures", show);
  form.addEventListener("goods:rows", show);
  show();
}

function rich(form) {
  const area = form.querySelector("[data-rich] textarea");
  if (!area) return;
  const page = make("div", { className: "rich-page form-control", contentEditable: "true", role: "textbox" });
  page.setAttribute("aria-label", "商品详情编辑区");
  page.setAttribute("aria-multiline", "true");
  const typed = new DOMParser().parseFromString(area.value, "text/html");
  for (const wild of typed.querySelectorAll("script,style,iframe,object,embed,link,meta")) wild.remove();
  for (const element of typed.querySelectorAll("*")) {
    for (const attribute of [...element.attributes]) {
      if (!["src", "alt"].includes(attribute.name) || (attribute.name === "src" && !attribute.value.startsWith("/mall/pictures/"))) {
        element.removeAttribute(attribute.name);
      }
    }
  }
  page.append(...typed.body.childNodes);
  const sync = () => {
    area.value = page.textContent.trim() || page.querySelector("img") ? page.innerHTML : "";
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const run = (command, argument) => {
    page.focus();
    document.execCommand(command, false, argument);
    sync();
  };
  const button = (words, label, action) => {
    const made = make("button", { type: "button", className: "btn btn-sm", title: label }, words);
    made.setAttribute("aria-label", label);
    made.addEventListener("mousedown", (event) => event.preventDefault());
    made.addEventListener("click", action);
    return made;
  };
  const file = make("input", { type: "file", accept: "image/jpeg,image/png,image/webp", hidden: true });
  const wrong = make("span", { className: "bad small", role: "alert" });
  file.addEventListener("change", async () => {
    wrong.textContent = "";
    try {
      const { url } = await uploadPicture(form, file.files[0], "detail");
      run("insertHTML", `<p><img src="${url}" alt="商品详情图"></p>`);
    } catch (error) {
      wrong.textContent = error.message;
    }
    file.value = "";
  });
  const bar = make("div", { className: "rich-bar", role: "toolbar" }, button("加粗", "加粗", () => run("bold")),
    button("小标题", "小标题", () => run("formatBlock", "h3")), button("正文", "正文", () => run("formatBlock", "p")),
    button("列表", "列表", () => run("insertUnorderedList")), button("编号", "编号列表", () => run("insertOrderedList")),
    button("图片", "插入图片", () => file.click()), button("撤销", "撤销", () => run("undo")), file, wrong);
  bar.setAttribute("aria-label", "详情编辑工具");
  page.addEventListener("input", sync);
  page.addEventListener("paste", (event) => {
    event.preventDefault();
    document.execCommand("insertText", false, event.clipboardData.getData("text/plain"));
  });
  area.hidden = true;
  area.before(bar, page);
}

function freightRows(root) {
  for (const form of fresh(root, "[data-freight]", "Freight")) {
    const adder = form.querySelector("[data-freight-add]");
    adder.addEventListener("click", () => {
      const copy = form.querySelector("[data-freight-spare]").content.cloneNode(true);
      for (const field of copy.querySelectorAll("[name]")) field.name = field.name.replace(/-\d+$/, `-${adder.dataset.next}`);
      adder.dataset.next = Number(adder.dataset.next) + 1;
      form.querySelector("[data-freight-rows]").append(copy);
    });
    form.addEventListener("click", (event) => event.target.closest("[data-freight-drop]")?.closest("[data-freight-row]").remove());
  }
}

export function startGoods(root) {
  for (const form of fresh(root, "[data-goods-form]", "GoodsForm")) {
    attributes(form);
    startGallery(form);
    matrix(form);
    skuPictures(form);
    rich(form);
  }
  freightRows(root);
}
