import { writeFileSync } from "node:fs";
import type { TempDirectory } from "@pratique/testkit";
import type { Context } from "../context.ts";
import { readSettings } from "../settings/settings.ts";
import { recordedConsole } from "./recorded-console.ts";

const NOW = new Date("2026-11-26T10:00:00Z");

/** What a command is run with, below a directory, and the console that it speaks to. */
export async function contextIn(directory: TempDirectory, { config = "{}", showsProgress = false, now = NOW } = {}) {
  writeFileSync(directory.at("pratique.yaml"), config);
  const surroundings = { environment: {}, isRoot: false, homeDirectory: directory.at("home") };
  const flags = {
    data: directory.at("data"),
    run: directory.at("run"),
    config: directory.at("pratique.yaml"),
  };
  const console = recordedConsole({ showsProgress });
  let elapsed = 0;
  const context: Context = {
    ...surroundings,
    settings: await readSettings(flags, surroundings),
    console,
    signal: new AbortController().signal,
    userId: 0,
    version: "1.2.3",
    mainModule: "",
    now: () => now,
    // Everything that may be drawn is.
    elapsedMs: () => (elapsed += 1000),
    sleep: async () => undefined,
    untilEnded: async () => undefined,
  };
  return { context, console };
}
