import type { Plugin } from "esbuild";

/** Zod speaks some fifty languages; nobody is spoken to but in English. Each process would keep the texts of all. */
export const oneLanguage: Plugin = {
  name: "one-language",
  setup({ onLoad }) {
    onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
      loader: "js",
    }));
  },
};
