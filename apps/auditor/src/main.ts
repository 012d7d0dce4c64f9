#!/usr/bin/env node
import process from "node:process";
import { runAuditor } from "./run-auditor.ts";

const ended = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ended.abort());
// A reader that has seen enough: nobody is left to be told.
process.stdout.on("error", () => process.exit(1));

process.exitCode = await runAuditor(process.argv.slice(2), {
  write: (text) => void process.stdout.write(text),
  say: (line) => void process.stderr.write(`${line}\n`),
  now: () => new Date(),
  fetch: globalThis.fetch,
  signal: ended.signal,
});
