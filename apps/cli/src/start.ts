import { enableCompileCache } from "node:module";
import path from "node:path";

// What the engine makes of our code is kept beside the code, and nowhere else: whoever can write the one can write
// the other. Where it cannot be written or does not fit, starting takes longer.
enableCompileCache(path.join(import.meta.dirname, "compile-cache"));
// The build has the commands of images a second time, in few files.
if (process.env.PRATIQUE_IMAGE_COMMANDS !== undefined && process.argv[2] === "image") {
  await import(process.env.PRATIQUE_IMAGE_COMMANDS);
} else {
  await import("./main.ts");
}
