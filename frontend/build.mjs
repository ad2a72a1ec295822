// Builds the front end into app/static/dist: hashed bundles, the icon sprite and manifest.json.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "../app/static/dist");
const out = join(here, "node_modules/.build");
const iconFolder = join(here, "node_modules/@tabler/icons/icons");

function sprite() {
  const names = JSON.parse(readFileSync(join(here, "src/icons.json"), "utf8"));
  const symbols = names.map((name) => {
    const filled = name.endsWith("-filled");
    const file = join(iconFolder, filled ? "filled" : "outline", `${name.replace(/-filled$/, "")}.svg`);
    const body = readFileSync(file, "utf8")
      .replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, "")
      .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/, "")
      .replace(/\s*\n\s*/g, "");
    const paint = filled
      ? 'fill="currentColor"'
      : 'fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"';
    return `<symbol id="${name}" viewBox="0 0 24 24" ${paint}>${body}</symbol>`;
  });
  return { names, svg: `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n` };
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: { main: "src/main.js", site: "src/styles/main.css", live: "src/live/index.js", chat: "src/service/chat.js", sign: "src/grading/sign.js", stage: "src/live/stage.css" },
  outdir: out,
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["es2020"],
  minify: true,
  metafile: true,
  legalComments: "linked",
  entryNames: "[name]-[hash]",
  chunkNames: "part-[hash]",
  assetNames: "[name]-[hash]",
});

const manifest = {};
for (const [file, made] of Object.entries(metafile.outputs)) {
  if (!made.entryPoint || basename(file).startsWith("part-")) continue;
  const name = basename(file);
  const plain = name.replace(/-[A-Z0-9]{8}(?=\.\w+$)/, "");
  if (extname(name) === ".css" || extname(name) === ".js") manifest[plain.replace(/^site\./, "main.")] = name;
}
const { names, svg } = sprite();
manifest["icons.svg"] = `icons-${createHash("sha256").update(svg).digest("hex").slice(0, 8)}.svg`;
writeFileSync(join(out, manifest["icons.svg"]), svg);
writeFileSync(join(out, "manifest.json"), `${JSON.stringify({ files: manifest, icons: names }, null, 1)}\n`);
// A running server sees the old build or the new one, never half of one.
const old = `${out}-old`;
rmSync(old, { recursive: true, force: true });
if (existsSync(target)) renameSync(target, old);
renameSync(out, target);
rmSync(old, { recursive: true, force: true });
console.log(Object.values(manifest).join(" "));
