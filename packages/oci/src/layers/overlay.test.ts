import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { layerOf, mountAt, type TarItem, type TempDirectory, tempDirectory } from "@pratique/testkit";
import {
  type Arbitrary,
  array,
  assert,
  asyncProperty,
  constant,
  constantFrom,
  oneof,
  record,
} from "fast-check";
import { expect, it } from "vitest";
import { opaqueTest } from "../files/opaque-attribute.ts";
import { openInside } from "../files/safe-open.ts";
import type { LayerSource } from "../layer-index/layer-source.ts";
import { directoryLayer } from "./directory-layer.ts";
import { openLayers } from "./open-layers.ts";
import { tarLayer } from "./tar-layer.ts";

// Whether what we make of layers is what the kernel makes of them.

const LAYERS = 3;
const RUNS = 40;
/** Some files are not wanted, so that they, too, have to hide things. */
const WANTED = ["f", "g"];

type Step =
  | { readonly kind: "file" | "directory" | "remove"; readonly path: string }
  | { readonly kind: "symlink"; readonly path: string; readonly target: string };

const path = array(constantFrom("a", "b", "f", "g"), { minLength: 1, maxLength: 4 }).map((names) =>
  names.join("/"),
);
const step: Arbitrary<Step> = oneof(
  { weight: 4, arbitrary: record({ kind: constantFrom("file", "directory", "remove"), path }) },
  {
    weight: 1,
    arbitrary: record({
      kind: constant("symlink" as const),
      path,
      target: constantFrom("a", "/a/b", "../a", "/b", "f"),
    }),
  },
);
const history = array(array(step, { maxLength: 12 }), { minLength: LAYERS, maxLength: LAYERS });

const canMount = process.getuid?.() === 0 && tryMount();

it.skipIf(!canMount)(
  "squashes directories and tars to what overlayfs shows (skipped where overlayfs cannot be mounted)",
  async () => {
    using work = tempDirectory();
    using mounted = mountAt(work.path, { type: "tmpfs" });
    expect(mounted).toBeDefined();
    let run = 0;
    await assert(
      asyncProperty(history, async (steps) => {
        run += 1;
        const { shown, uppers } = layOut(work, `run${run}`, steps);
        expect(
          await squashed(uppers.map((directory) => directoryLayer({ directory, overlay: true }))),
        ).toEqual(shown);
        const tars = uppers.map((directory) => layerOf(tarItems(directory)));
        expect(
          await squashed(
            tars.map(({ blob, diffId }) => tarLayer({ facts: { diffId }, open: () => once(blob) })),
          ),
        ).toEqual(shown);
      }),
      { numRuns: RUNS },
    );
  },
  60_000,
);

it.skipIf(!canMount)("tells of a directory in which overlayfs shows what another one has", async () => {
  using work = tempDirectory();
  using mounted = mountAt(work.path, { type: "tmpfs" });
  expect(mounted).toBeDefined();
  for (const part of ["lower/a", "upper", "work", "merged"]) mkdirSync(work.at(part), { recursive: true });
  writeFileSync(work.at("lower/a/f"), "1");
  const options = `lowerdir=${work.at("lower")},upperdir=${work.at("upper")},workdir=${work.at("work")},redirect_dir=on`;
  {
    using overlay = mountAt(work.at("merged"), { type: "overlay", options });
    expect(overlay).toBeDefined();
    renameSync(work.at("merged/a"), work.at("merged/b"));
  }
  const layers = ["lower", "upper"].map((part) =>
    directoryLayer({ directory: work.at(part), overlay: true }),
  );
  const image = openLayers({ facts: { reference: "test" }, layers, options: {} });
  const { failures } = await image.readTree([{ basenames: WANTED }]);
  expect(failures).toMatchObject([{ code: "PATH_UNSAFE", path: "b" }]);
});

/** Makes the layers by doing the steps in a mounted overlay, one layer after the other. */
function layOut(work: TempDirectory, name: string, steps: readonly (readonly Step[])[]) {
  const uppers: string[] = [];
  let shown: Record<string, string> = {};
  for (const [index, layerSteps] of steps.entries()) {
    const at = (part: string) => work.at(name, String(index), part);
    for (const part of ["upper", "work", "merged", "empty"]) mkdirSync(at(part), { recursive: true });
    const lower = [...uppers].toReversed().join(":") || at("empty");
    const options = `lowerdir=${lower},upperdir=${at("upper")},workdir=${at("work")}`;
    using mounted = mountAt(at("merged"), { type: "overlay", options });
    if (mounted === undefined) throw new Error("expected overlayfs to mount");
    for (const [number, one] of layerSteps.entries()) apply(at("merged"), one, `${index}.${number}`);
    shown = list(at("merged"));
    uppers.push(at("upper"));
  }
  return { shown, uppers };
}

function apply(root: string, one: Step, content: string): void {
  const target = join(root, one.path);
  if (!isPlainParent(root, dirname(one.path))) return;
  rmSync(target, { recursive: true, force: true });
  if (one.kind === "remove") return;
  mkdirSync(dirname(target), { recursive: true });
  if (one.kind === "file") writeFileSync(target, content);
  if (one.kind === "directory") mkdirSync(target);
  if (one.kind === "symlink") symlinkSync(one.target, target);
}

/** Steps behind files and symlinks would reach other places, even outside the mount. */
function isPlainParent(root: string, directory: string): boolean {
  let at = root;
  for (const name of directory.split("/").filter((part) => part !== ".")) {
    at = join(at, name);
    const stats = lstatSync(at, { throwIfNoEntry: false });
    if (stats !== undefined && !stats.isDirectory()) return false;
  }
  return true;
}

/** Wanted files with their contents, and wanted symlinks with their targets. */
function list(root: string, below = "", found: Record<string, string> = {}): Record<string, string> {
  for (const dirent of readdirSync(join(root, below), { withFileTypes: true })) {
    const at = join(below, dirent.name);
    if (dirent.isDirectory()) list(root, at, found);
    else if (WANTED.includes(dirent.name)) found[at] = show(join(root, at), dirent.isSymbolicLink());
  }
  return found;
}

function show(at: string, isSymlink: boolean): string {
  return isSymlink ? `-> ${readlinkSync(at)}` : readFileSync(at, "utf8");
}

async function squashed(layers: readonly LayerSource[]): Promise<Record<string, string>> {
  const image = openLayers({ facts: { reference: "test" }, layers, options: {} });
  const tree = await image.readTree([{ basenames: WANTED }]);
  expect(tree.failures).toEqual([]);
  const found: Record<string, string> = {};
  for (const entry of tree.files()) {
    found[entry.path] =
      entry.kind === "symlink"
        ? `-> ${entry.linkTarget}`
        : Buffer.from(await tree.read(entry.path)).toString();
  }
  return found;
}

/** The layer as an engine would write it (OCI image-spec, layer.md, "Whiteouts"). */
function tarItems(root: string, below = ""): TarItem[] {
  const items: TarItem[] = [];
  for (const dirent of readdirSync(join(root, below), { withFileTypes: true })) {
    const at = join(below, dirent.name);
    if (dirent.isDirectory()) {
      items.push({ path: `${at}/` });
      if (isOpaque(join(root, at))) items.push({ path: `${at}/.wh..wh..opq` });
      items.push(...tarItems(root, at));
    } else if (dirent.isSymbolicLink()) {
      items.push({ path: at, kind: "symlink", target: readlinkSync(join(root, at)) });
    } else if (dirent.isCharacterDevice()) {
      items.push({ path: join(below, `.wh.${dirent.name}`) });
    } else {
      items.push({ path: at, content: readFileSync(join(root, at)) });
    }
  }
  return items;
}

function isOpaque(directory: string): boolean {
  const fd = openInside(directory, "directory");
  try {
    return opaqueTest()(fd);
  } finally {
    closeSync(fd);
  }
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}

function tryMount(): boolean {
  if (!existsSync("/proc/filesystems") || !readFileSync("/proc/filesystems", "utf8").includes("overlay"))
    return false;
  using directory = tempDirectory();
  using mounted = mountAt(directory.path, { type: "tmpfs" });
  return mounted !== undefined;
}
