import { builtinModules } from "node:module";
import type { Plugin } from "esbuild";

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/u;

/**
 * Takes Node's own modules without the wrapping that they are imported with. That wrapping reads each of their
 * members, also those that load something when they are read: `import "node:http"` loads the whole of `fetch`, and
 * takes longer than a scan's matching.
 */
export const plainBuiltins: Plugin = {
  name: "plain-builtins",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z_/:0-9]+$/ }, ({ path, kind }) => {
      const name = path.replace(/^node:/u, "");
      const isOurs = path.startsWith("node:") || builtinModules.includes(name);
      if (!isOurs || kind !== "import-statement") return undefined;
      return { path: name, namespace: "builtin", sideEffects: false };
    });
    onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
      contents: moduleOf(path),
      loader: "js",
    }));
  },
};

/** Each member is read only where it is imported: calls marked as pure are left out where nobody uses them. */
function moduleOf(name: string): string {
  const builtin: unknown = process.getBuiltinModule(`node:${name}`);
  const names = Object.keys(Object(builtin)).filter((key) => IDENTIFIER.test(key) && key !== "default");
  return [
    `const builtin = /* @__PURE__ */ process.getBuiltinModule("node:${name}");`,
    "export default builtin;",
    ...names.map((key, index) => `const m${index} = /* @__PURE__ */ (() => builtin.${key})();`),
    `export { ${names.map((key, index) => `m${index} as ${key}`).join(", ")} };`,
  ].join("\n");
}
