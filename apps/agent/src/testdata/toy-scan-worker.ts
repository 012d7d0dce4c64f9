import { appendFileSync } from "node:fs";

/** Stands where the worker of the agent does: notes what it is asked for, and does with an image what its name says. */
process.on("disconnect", () => process.exit(0));

interface Job {
  readonly id: number;
  readonly reference: string;
  readonly sought: readonly string[];
}

process.on("message", ({ id, reference, sought }: Job) => {
  appendFileSync(process.argv[2] ?? "", `${[reference, ...sought].join(" ")}\n`);
  if (reference === "dies") process.exit(1);
  if (reference === "hangs") return;
  process.send?.(reference === "fails" ? { id, ok: false, message: "no such image" } : { id, ok: true });
});
