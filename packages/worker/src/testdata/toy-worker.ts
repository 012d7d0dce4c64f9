/** Stands where a worker does, and does with each task what its name says. */
process.on("disconnect", () => process.exit(0));

interface Task {
  readonly id: number;
  readonly name: string;
}

const held: Buffer[] = [];
let asked = (): unknown => undefined;

process.on("message", ({ id, name }: Task) => {
  const say = (said: unknown) => process.send?.({ id, said });
  switch (name) {
    case "pid":
      return say(process.pid);
    case "nice":
      return say(process.env.NICE ?? "nothing is told");
    case "hangs":
      return undefined;
    case "stays":
      // Takes no notice of being told to end.
      process.on("SIGTERM", () => undefined);
      return say(process.pid);
    case "dies":
      return process.exit(1);
    case "garbage":
      return process.send?.("no answer at all");
    case "grows":
      // Beside the heap, where its bound does not reach.
      for (let size = 0; size < 400; size += 1) held.push(Buffer.alloc(1024 * 1024, 1));
      return undefined;
    case "twice":
      say("first");
      return say("second");
    case "late":
      asked = () => process.send?.({ id, said: "of the task before" });
      return say("for now");
    case "asks":
      asked = () => say("it was told to go on");
      return say("?");
    case "after-late":
      asked();
      return say("of this task");
    case "go-on":
      return asked();
    default:
      throw new Error(`no task is named ${name}`);
  }
});
