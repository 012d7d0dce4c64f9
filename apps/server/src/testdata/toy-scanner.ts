import { sampleReport } from "./samples.ts";

/** Stands where the process that reads images does, and does with each what its tag says. */
process.on("disconnect", () => process.exit(0));

const held: Buffer[] = [];
let asked: () => unknown = () => undefined;

interface Task {
  readonly id: number;
  readonly kind: string;
  readonly path: string;
  readonly repository: string;
  readonly tag: string;
  readonly sought: readonly string[];
}

process.on("message", (task: Task) => {
  if (task.kind === "scan") scan(task);
  else if (task.kind === "layer") asked();
  else if (task.kind === "list") list(task);
  else process.send?.({ id: task.id, kind: "list-ended" });
});

/** Tells of as many images, and of which registry, as the path says, whatever is asked for. */
function list({ id, path }: Task): void {
  const [registry, times] = path.split("/");
  const images = Array.from({ length: Number(times) }, (_, index) => ({
    repository: `${registry}/app`,
    tag: String(index),
    platform: "",
  }));
  process.send?.(registry === "another" ? { id, kind: "scanned", report: "" } : { id, kind: "listed", images });
}

function scan({ id, repository, tag, sought }: Task): void {
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
    case "climbs":
      process.send?.({ id, kind: "free-layer", name: "../../../etc/shadow", made: true });
      break;
    case "asks":
      // Goes on where it is let through.
      asked = () => process.send?.({ id, kind: "scanned", report: JSON.stringify(report) });
      process.send?.({ id, kind: "hold-layer", diffId: `sha256:${"a".repeat(64)}`, name: "b".repeat(64) });
      break;
    case "hangs":
      break;
    case "another":
      process.send?.({ id, kind: "list-ended" });
      break;
    case "garbage":
      process.send?.({ id, kind: "scanned", report: '{"schemaVersion":1}' });
      break;
    case "who":
    case "who-again":
      fail(id, `process ${process.pid}`);
      break;
    case "sought":
      fail(id, `looks for ${sought.join(" and ")}`);
      break;
    default:
      process.send?.({ id, kind: "scanned", report: JSON.stringify(report) });
  }
}

function fail(id: number, message: string): void {
  process.send?.({
    id,
    kind: "failed",
    fault: { code: "TOY", message, advice: "" },
    retry: { kind: "never" },
    absent: false,
    unreached: false,
  });
}
