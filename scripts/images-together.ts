import path from "node:path";
import type { Plugin } from "esbuild";

/**
 * Puts all that a scan of an image takes into few files, and leaves the commands out that are not about images. What several
 * commands share the bundler puts into files of their own, some sixty of which a scan would load; that takes longer than
 * what it does with an image that it knows.
 *
 * A file goes with those that are reached from the same places: whatever is loaded later is made to reach all that a scan
 * has loaded by then.
 */
export function imagesTogether(root: string): Plugin {
  const groups = path.join(root, "apps/cli/src/program");
  const ofImages = path.join(root, "apps/cli/src/commands/image-");
  const scan = `${ofImages}scan.ts`;
  return {
    name: "images-together",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\.?\// }, ({ kind, importer, resolveDir, path: specifier }) => {
        if (kind !== "dynamic-import") return undefined;
        const file = path.join(resolveDir, specifier);
        if (path.dirname(importer) === groups && !file.startsWith(ofImages))
          return { path: "left-out", namespace: "none" };
        return file === scan ? { path: file } : { path: file, namespace: "later" };
      });
      onLoad({ filter: /./, namespace: "later" }, ({ path: file }) => ({
        contents: `import ${JSON.stringify(scan)}; export * from ${JSON.stringify(file)};`,
        resolveDir: root,
      }));
      onLoad({ filter: /./, namespace: "none" }, () => ({
        contents: 'throw new Error("only the commands of images are here"); export {};',
      }));
    },
  };
}
