import { config } from "zod";

// The page may not evaluate text as code, and zod would try it as soon as the first schema is made: it is told before
// anything that makes one is loaded.
config({ jitless: true });
const { start } = await import("./start.tsx");
start();
