import { buildDatabase } from "../database/build.ts";

// Builds from the arguments, and hangs for good as soon as the phase named first is reached: to be killed there.
const [phase, directory = "", provider = "", location = ""] = process.argv.slice(2);

await buildDatabase({
  directory,
  from: [{ provider, location }],
  clock: () => new Date(0),
  onProgress(progress) {
    if (progress.phase !== phase) return;
    process.stdout.write("reached\n");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
});
