import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: "../../dist/console",
    emptyOutDir: true,
    // The page may load fonts and images from the server only: nothing is put into data: URLs.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
  },
});
