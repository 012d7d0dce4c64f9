import { enableCompileCache } from "node:module";
import path from "node:path";

// What the engine makes of our code is kept beside the code, and nowhere else: whoever can write the one can write
// the other. Where it cannot be written or does not fit, starting takes longer.
enableCompileCache(path.join(import.meta.dirname, "compile-cache"));
await import("./main.ts");
