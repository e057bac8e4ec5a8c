// Runs the WebAssembly build of Rhubarb Lip Sync over 16 kHz mono PCM16 files and writes its mouth cues.
//
//   node cues.mjs MANIFEST.json OUT.json
//
// MANIFEST: [{"id": "...", "pcm": "raw little-endian int16 file", "dialog": "transcript or empty"}, ...]
// OUT:      {"package": "...", "version": "...", "clips": {id: {"seconds": wall time, "cues": [{start, end, value}]}}}
// The package is looked up from the current folder, so `npm install rhubarb-lip-sync-wasm` can stay in a scratch folder.
import { createRequire } from "node:module";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const PACKAGE = "rhubarb-lip-sync-wasm";
const [manifestPath, outPath] = process.argv.slice(2);
if (!manifestPath || !outPath) {
  console.error("usage: node cues.mjs MANIFEST.json OUT.json");
  process.exit(2);
}
const lookup = createRequire(join(process.cwd(), "package.json"));
const entry = lookup.resolve(PACKAGE);
const info = JSON.parse(readFileSync(join(dirname(entry), "..", "package.json"), "utf8"));
const { Rhubarb } = await import(pathToFileURL(entry).href);

// The module prints debug lines on stdout for every clip; they are no use here.
const print = console.log;
console.log = () => {};
const clips = {};
for (const { id, pcm, dialog } of JSON.parse(readFileSync(manifestPath, "utf8"))) {
  const started = performance.now();
  const { mouthCues } = await Rhubarb.getLipSync(readFileSync(pcm), { dialogText: dialog });
  clips[id] = { seconds: (performance.now() - started) / 1000, cues: mouthCues };
}
console.log = print;
writeFileSync(`${outPath}.part`, JSON.stringify({ package: info.name, version: info.version, clips }));
renameSync(`${outPath}.part`, outPath);
