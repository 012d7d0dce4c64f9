import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fixedClock, tempDirectory } from "@pratique/testkit";
import { type IntelSet, openSet } from "../set/intel-set.ts";
import { updateSet } from "../set/update.ts";
import type { UpdateOptions, UpdateResult } from "../set/update-options.ts";
import { type ParsedSnapshot, parseSnapshot } from "./parse-snapshot.ts";

/** A directory with feeds and room for sets. */
export interface Workshop extends Disposable {
  readonly sets: string;
  readonly clock: ReturnType<typeof fixedClock>;
  /** Writes a file and gives its path. */
  feed(name: string, content: string): string;
  /** Updates from `feed:path`s, the paths as `feed` gave them or URLs. */
  update(from: readonly string[], more?: Partial<UpdateOptions>): Promise<UpdateResult>;
  open(): IntelSet;
  snapshot(result: UpdateResult): ParsedSnapshot;
}

export function workshop(): Workshop {
  const directory = tempDirectory();
  const clock = fixedClock();
  const sets = directory.at("sets");
  mkdirSync(directory.at("feeds"));
  return {
    sets,
    clock,
    feed(name, content) {
      writeFileSync(directory.at("feeds", name), content);
      return directory.at("feeds", name);
    },
    update: (from, more = {}) =>
      updateSet({
        directory: sets,
        sources: from.map((text) => ({
          feed: text.slice(0, text.indexOf(":")),
          location: text.slice(text.indexOf(":") + 1),
        })),
        clock: () => new Date(clock.now()),
        ...more,
      }),
    open: () => openSet(sets, { now: clock.now }),
    snapshot: ({ snapshotPath }) => parseSnapshot(readFileSync(snapshotPath)),
    [Symbol.dispose]: () => directory[Symbol.dispose](),
  };
}
