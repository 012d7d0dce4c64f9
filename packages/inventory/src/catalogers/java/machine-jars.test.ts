import { execFileSync } from "node:child_process";
import { existsSync, globSync, lstatSync, readFileSync } from "node:fs";
import { fileTreeOf } from "@pratique/testkit";
import { describe, expect, it } from "vitest";
import { java } from "./java.ts";

const DIRECTORY = "/usr/share/java";
const jars = globSync(`${DIRECTORY}/*.jar`).filter((path) => lstatSync(path).isFile());
const present = jars.length > 20 && existsSync("/usr/bin/unzip");

describe.skipIf(!present)(
  `the jars of this machine${present ? "" : ` (SKIPPED: none in ${DIRECTORY}, or no unzip)`}`,
  () => {
    it("finds every descriptor that unzip finds, and keeps every jar", async () => {
      const items = jars.map((path) => [path.slice(1), readFileSync(path)] as const);
      const { packages, failures } = await java.catalog(fileTreeOf(Object.fromEntries(items)), {});
      expect(failures.filter(({ code }) => code !== "PACKAGE_UNIDENTIFIED")).toEqual([]);
      const found = packages.filter(({ name }) => name.includes(":"));
      for (const path of jars) {
        const descriptors = namesIn(path).filter((name) =>
          /^META-INF\/maven\/.*\/pom\.properties$/u.test(name),
        );
        const artifacts = descriptors.map((name) => name.split("/").slice(2, 4).join(":")).sort();
        const named = found.filter(({ paths }) => paths[0] === path.slice(1)).map(({ name }) => name);
        expect([path, named.sort()]).toEqual([path, artifacts]);
      }
      expect(found.length).toBeGreaterThan(20);
    });
  },
);

function namesIn(path: string): readonly string[] {
  return execFileSync("unzip", ["-Z1", path], { encoding: "utf8" }).split("\n");
}
