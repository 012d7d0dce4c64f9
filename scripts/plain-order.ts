import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

const FILE = /\/packageurl-js\/src\/strings\.js$/;
const BY_LANGUAGE = "const { compare: localeCompare } = new Intl.Collator()";
const PLAIN = "const localeCompare = (left, right) => (left < right ? -1 : Number(left > right))";

/**
 * Has a dependency sort its own words as they are: to load the rules by which a language sorts takes a third as long as
 * starting Node does, and it orders nothing by them but the six parts of a package URL, which it looks up by their names.
 */
export const plainOrder: Plugin = {
  name: "plain-order",
  setup({ onLoad }) {
    onLoad({ filter: FILE }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      if (!text.includes(BY_LANGUAGE)) throw new Error(`expected ${JSON.stringify(BY_LANGUAGE)} in ${path}`);
      return { contents: text.replace(BY_LANGUAGE, PLAIN), loader: "js" };
    });
  },
};
