import { builtinModules } from "node:module";
import { relative } from "node:path";
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
    onResolve({ filter: /^[a-z_/:0-9]+$/ }, ({ path, kind, importer }) => {
      const name = path.replace(/^node:/u, "");
      const isBuiltin = path.startsWith("node:") || builtinModules.includes(name);
      if (!isBuiltin || kind !== "import-statement") return undefined;
      // One for each importer: those that are shared would be files of their own, and each file takes time to load.
      const place = `${name} for ${relative(process.cwd(), importer)}`;
      return { path: place, namespace: "builtin", sideEffects: false, pluginData: name };
    });
    onLoad({ filter: /.*/, namespace: "builtin" }, ({ pluginData: name }) => ({
      contents: moduleOf(name),
      loader: "js",
    }));
  },
};

/** Takes long to load, and is imported as a whole by the parser of flags, which hardly ever starts a program. */
const LATE = "child_process";

/** Each member is read only where it is imported: calls marked as pure are left out where nobody uses them. */
function moduleOf(name: string): string {
  const builtin: unknown = process.getBuiltinModule(`node:${name}`);
  const names = Object.keys(Object(builtin)).filter((key) => IDENTIFIER.test(key) && key !== "default");
  return [
    `const builtin = /* @__PURE__ */ process.getBuiltinModule("node:${name}");`,
    name === LATE ? lateDefault(name, names) : "export default builtin;",
    ...names.map((key, index) => `const m${index} = /* @__PURE__ */ (() => builtin.${key})();`),
    `export { ${names.map((key, index) => `m${index} as ${key}`).join(", ")} };`,
  ].join("\n");
}

/** The module as a whole, loaded when one of its members is first asked for. */
function lateDefault(name: string, members: readonly string[]): string {
  const getters = members.map(
    (key) => `get ${key}() { return process.getBuiltinModule("node:${name}").${key}; }`,
  );
  return `export default { ${getters.join(", ")} };`;
}
