// Bundles the command line, with one lazily loaded module a command, and the console. With --if-changed it does
// nothing where no source is newer than the last build. With --for-use it goes on without what is written in C and does
// not compile here: whoever only runs it may have another compiler than ours.

import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { buildNative } from "./build-native.ts";
import { imagesTogether } from "./images-together.ts";
import { oneLanguage } from "./one-language.ts";
import { pastFrontDoors } from "./past-front-doors.ts";
import { plainBuiltins } from "./plain-builtins.ts";
import { plainOrder } from "./plain-order.ts";

const root = path.resolve(import.meta.dirname, "..");
const stampFile = path.join(root, "dist", "stamp");

/** Higher ones take seconds for a hundredth less. */
const BROTLI_QUALITY = 9;
/** Where the commands of images lie, seen from `dist`. */
const IMAGE_COMMANDS = "./image/main.js";
/** The exit code of a scan of an empty directory. */
const NOTHING_FOUND = 3;

const strict = !process.argv.includes("--for-use");
const broken = buildNative(root, { strict });
if (strict && broken.length > 0) {
  console.error(`build: ${broken.join(", ")} could not be built, for the errors above; nothing else was`);
  process.exit(1);
}
const stamp = newestSource();
if (process.argv.includes("--if-changed") && readStamp() === stamp) process.exit(0);

// What is built from C has a build of its own.
for (const entry of globSync("dist/*", { cwd: root, exclude: ["dist/sensor"] }))
  rmSync(path.join(root, entry), { recursive: true, force: true });
const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
const commandLine: BuildOptions = {
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node24",
  minifySyntax: true,
  // Node keeps the text of what it runs, in two bytes a character where one comment has a letter that needs them.
  minifyWhitespace: true,
  legalComments: "none",
  // Holds native code, which has to stay a file of its own; the other one is made below.
  external: ["koffi", IMAGE_COMMANDS],
  // Some dependencies are CommonJS inside and call `require`.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  define: {
    "process.env.PRATIQUE_VERSION": JSON.stringify(version),
    "process.env.PRATIQUE_IMAGE_COMMANDS": JSON.stringify(IMAGE_COMMANDS),
    // Seen from the chunks that start the threads.
    "process.env.PRATIQUE_RUNTIME_THREAD": JSON.stringify("../runtime-thread.js"),
    "process.env.PRATIQUE_SQLITE_READER": JSON.stringify("../sqlite-reader.js"),
  },
  logLevel: "warning",
};
const plugins: readonly Plugin[] = [pastFrontDoors(root), plainBuiltins, oneLanguage, plainOrder];
await build({
  ...commandLine,
  entryPoints: {
    pratique: path.join(root, "apps/cli/src/start.ts"),
    "runtime-thread": path.join(root, "apps/agent/src/runtime/runtime-thread.ts"),
    "sqlite-reader": path.join(root, "packages/store/src/sqlite/reader-thread.ts"),
  },
  outdir: path.join(root, "dist"),
  chunkNames: "chunks/[name]-[hash]",
  plugins: [...plugins],
});
await build({
  ...commandLine,
  // Scans are run again and again: what they take lies together.
  entryPoints: { main: path.join(root, "apps/cli/src/main.ts") },
  outdir: path.join(root, "dist", path.dirname(IMAGE_COMMANDS)),
  chunkNames: "[name]-[hash]",
  plugins: [imagesTogether(root), ...plugins],
});
await build({
  // A program of its own, to be copied to where nothing of ours is installed: one file.
  entryPoints: { "pratique-audit": path.join(root, "apps/auditor/src/main.ts") },
  outdir: path.join(root, "dist"),
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node24",
  minifySyntax: true,
  legalComments: "none",
  plugins: [plainBuiltins],
  logLevel: "warning",
});
// Wherever the build is copied to: without it Node compiles each file twice, to find out what it is.
writeFileSync(path.join(root, "dist", "package.json"), `${JSON.stringify({ type: "module" })}\n`);
runVite();
compressConsole();
fillCompileCache();
writeFileSync(stampFile, stamp);
console.log("built dist/pratique.js, dist/pratique-audit.js and dist/console");

function runVite(): void {
  const vite = path.join(root, "node_modules/.bin/vite");
  const { status } = spawnSync(vite, ["build", "--logLevel", "warn"], {
    cwd: path.join(root, "apps/console"),
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status !== 0) throw new Error(`vite ended with ${status}`);
}

/** Once, and not at each request. Fonts are compressed as they come. */
function compressConsole(): void {
  for (const file of globSync("dist/console/**/*.{js,css,svg,html}", { cwd: root })) {
    const content = readFileSync(path.join(root, file));
    const compressed = brotliCompressSync(content, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
      },
    });
    if (compressed.length < content.length) writeFileSync(path.join(root, `${file}.br`), compressed);
  }
}

/** First runs, so that no user's is one: where only root may write beside the code, nobody else could keep it. */
function fillCompileCache(): void {
  const directory = mkdtempSync(path.join(tmpdir(), "pratique-build-"));
  const first = [
    { args: ["image", "scan", `--data=${directory}`, `dir:${directory}`], expected: NOTHING_FOUND },
    { args: ["--version"], expected: 0 },
  ];
  try {
    for (const { args, expected } of first) {
      const { status } = spawnSync(process.execPath, [path.join(root, "dist/pratique.js"), ...args]);
      if (status === expected) continue;
      throw new Error(`pratique ${args.join(" ")} ended with ${status} once it was built`);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function newestSource(): string {
  const files = globSync(
    [
      "{packages,apps}/*/src/**/*.{ts,tsx,css}",
      "apps/console/{index.html,vite.config.ts}",
      "package-lock.json",
      "scripts/{build,images-together,one-language,past-front-doors,plain-builtins,plain-order}.ts",
    ],
    { cwd: root },
  );
  const newest = Math.max(...files.map((file) => statSync(path.join(root, file)).mtimeMs));
  return `${files.length} ${newest}`;
}

function readStamp(): string {
  try {
    return readFileSync(stampFile, "utf8");
  } catch {
    return "";
  }
}
