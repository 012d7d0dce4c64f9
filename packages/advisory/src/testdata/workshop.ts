import { mkdirSync, writeFileSync } from "node:fs";
import { fixedClock, tempDirectory } from "@pratique/testkit";
import { type BuildOptions, type BuildResult, buildDatabase } from "../database/build.ts";
import { dsaList, osvRecord, trackerJson } from "./feeds.ts";

/** A directory with small feeds and room for databases. */
export interface Workshop extends Disposable {
  readonly directory: string;
  readonly databases: string;
  readonly clock: ReturnType<typeof fixedClock>;
  readonly now: () => Date;
  feed(name: string, content: string | Uint8Array): string;
  /** Builds from `provider:path`s. */
  build(from: readonly string[], more?: Partial<BuildOptions>): Promise<BuildResult>;
}

export function workshop(): Workshop {
  const directory = tempDirectory();
  const clock = fixedClock();
  const now = (): Date => new Date(clock.now());
  const databases = directory.at("databases");
  mkdirSync(directory.at("feeds"));
  const feed = (name: string, content: string | Uint8Array): string => {
    writeFileSync(directory.at("feeds", name), content);
    return directory.at("feeds", name);
  };
  feed("DSA.list", dsaList);
  feed("tracker.json", trackerJson);
  feed("osv.json", JSON.stringify(osvRecord()));
  feed("kev.json", JSON.stringify({ vulnerabilities: [{ cveID: "CVE-2023-0001" }] }));
  return {
    directory: directory.path,
    databases,
    clock,
    now,
    feed,
    build: (from, more = {}) =>
      buildDatabase({
        directory: databases,
        clock: now,
        from: from.map((text) => {
          const colon = text.indexOf(":");
          const location = text.slice(colon + 1);
          const isWhole = location.startsWith("/") || location.startsWith("http");
          return {
            provider: text.slice(0, colon),
            location: isWhole ? location : directory.at("feeds", location),
          };
        }),
        ...more,
      }),
    [Symbol.dispose]: () => directory[Symbol.dispose](),
  };
}
