import react from "@vitejs/plugin-react";
import { defineConfig, type HtmlTagDescriptor, type Plugin } from "vite";

/** Pages that use what comes with the first one. */
const USED_BY_MOST = 8;
/** Loaded with the pages that have an editor or a chart, and with no other. */
const HEAVY = /[/\\](?:echarts|zrender|codemirror|@codemirror|@lezer|style-mod|w3c-keyname|crelt|yaml)[/\\]/u;
/** What every page needs, whichever is asked for. */
const ALWAYS_LOADED: readonly string[] = ["most", "some", "start"];

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), askedForAtOnce()],
  build: {
    outDir: "../../dist/console",
    emptyOutDir: true,
    // The page may load fonts and images from the server only: nothing is put into data: URLs.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      output: {
        // By itself each part that pages share is a file: a first page would be made of eighty, and wait for as many requests.
        codeSplitting: {
          groups: [
            // What the first file takes, and it alone: zod is told something before anything is made with it (main.tsx).
            { name: "first", test: /[/\\]node_modules[/\\]zod[/\\]|preload-helper/u, priority: 1 },
            { name: "most", test: isLight, minShareCount: USED_BY_MOST },
            { name: "some", test: isLight, minShareCount: 2 },
          ],
        },
      },
    },
  },
});

function isLight(id: string): boolean {
  return !HEAVY.test(id);
}

/** Has a browser ask for all that it needs while it reads the page, and not one after the other as each names the next. */
function askedForAtOnce(): Plugin {
  return {
    name: "asked-for-at-once",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler: (_, { bundle = {} }) =>
        Object.values(bundle).flatMap((file): HtmlTagDescriptor[] => {
          if (file.type !== "chunk" || !ALWAYS_LOADED.includes(file.name)) return [];
          const styles = [...(file.viteMetadata?.importedCss ?? [])];
          return [
            link({ rel: "modulepreload", href: `/${file.fileName}` }),
            ...styles.map((style) => link({ rel: "preload", as: "style", href: `/${style}` })),
          ];
        }),
    },
  };
}

function link(attrs: Readonly<Record<string, string>>): HtmlTagDescriptor {
  return { tag: "link", attrs: { ...attrs, crossorigin: true }, injectTo: "head" };
}
