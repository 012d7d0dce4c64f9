import { updateSet } from "../set/update.ts";

// Updates from the arguments, and hangs for good as soon as the phase named first is reached: to be killed there.
const [phase, directory = "", feed = "", location = ""] = process.argv.slice(2);

await updateSet({
  directory,
  sources: [{ feed, location }],
  clock: () => new Date(0),
  onProgress(progress) {
    if (progress.phase !== phase) return;
    process.stdout.write("reached\n");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
});
