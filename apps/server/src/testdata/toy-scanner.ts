import { sampleReport } from "./samples.ts";

/** Stands where the process that reads images does, and does with each what its tag says. */
process.on("disconnect", () => process.exit(0));

const held: Buffer[] = [];

process.on("message", ({ id, repository, tag }: { id: number; repository: string; tag: string }) => {
  const report = sampleReport(`${repository}:${tag}`);
  switch (tag) {
    case "dies":
      process.exit(1);
      break;
    case "lies":
      process.send?.({ id, kind: "scanned", report: 7 });
      break;
    case "greedy":
      // Beside the heap, where its bound does not reach.
      for (let size = 0; size < 700; size += 1) held.push(Buffer.alloc(1024 * 1024, 1));
      break;
    case "another":
      process.send?.({ id, kind: "list-ended" });
      break;
    case "garbage":
      process.send?.({ id, kind: "scanned", report: '{"schemaVersion":1}' });
      break;
    case "who":
    case "who-again":
      process.send?.({
        id,
        kind: "failed",
        fault: { code: "TOY", message: `process ${process.pid}`, advice: "" },
        retry: { kind: "never" },
        absent: false,
        unreached: false,
      });
      break;
    default:
      process.send?.({ id, kind: "scanned", report: JSON.stringify(report) });
  }
});
