import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { tarOf } from "./tar.ts";
import { tempDirectory } from "./temp-directory.ts";

it("writes what GNU tar reads", () => {
  using directory = tempDirectory();
  const long = `${"d/".repeat(80)}file`;
  writeFileSync(
    directory.at("a.tar"),
    tarOf([
      { path: "dir/" },
      { path: "dir/file", content: "hello" },
      { path: "link", kind: "symlink", target: "dir/file" },
      { path: "again", kind: "hardlink", target: "dir/file" },
      { path: long, content: "x" },
      { path: "short", content: "y", pax: { path: "from-pax" } },
    ]),
  );
  const names = execFileSync("tar", ["-tf", directory.at("a.tar")], { encoding: "utf8" })
    .trim()
    .split("\n");
  expect(names).toEqual(["dir/", "dir/file", "link", "again", long, "from-pax"]);
});
