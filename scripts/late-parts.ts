import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

/** A line of a dependency that makes something when it is loaded which not every command needs, and what makes it later. */
const lines = [
  {
    // It orders the parts of a package URL when one is written.
    file: /\/packageurl-js\/src\/strings\.js$/,
    early: "const { compare: localeCompare } = new Intl.Collator()",
    late: "let collator; const localeCompare = (left, right) => (collator ??= new Intl.Collator()).compare(left, right)",
  },
];

/** Loading the rules of a language by which it sorts takes as long as starting the command line does. */
export const lateParts: Plugin = {
  name: "late-parts",
  setup({ onLoad }) {
    for (const { file, early, late } of lines) {
      onLoad({ filter: file }, async ({ path }) => {
        const text = await readFile(path, "utf8");
        if (!text.includes(early)) throw new Error(`expected ${JSON.stringify(early)} in ${path}`);
        return { contents: text.replace(early, late), loader: "js" };
      });
    }
  },
};
