import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { scratchImage } from "./scratch-image.ts";

it("is an archive that tar reads, with the program, what it looks for, and names for it", () => {
  const archive = Buffer.concat([...scratchImage(Buffer.from("program"))]);
  const listed = spawnSync("tar", ["-tvf", "-"], { input: archive, encoding: "utf8" });
  expect([listed.status, listed.stderr]).toEqual([0, ""]);
  expect(listed.stdout).toMatch(/^-rwxr-xr-x 0\/0 +7 .* pratique-attacks$/mu);
  expect(listed.stdout).toMatch(/^drwxrwxrwt .* tmp\/$/mu);
  expect(listed.stdout).toMatch(/^l.* bin\/sh -> \/pratique-attacks$/mu);
  const read = spawnSync("tar", ["-xOf", "-", "pratique-attacks"], { input: archive, encoding: "utf8" });
  expect(read.stdout).toBe("program");
});
