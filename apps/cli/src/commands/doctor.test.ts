import { mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { contextIn } from "../testdata/context-in.ts";
import { doctor } from "./doctor.ts";

it("tells an installation that this user may not read from none", async () => {
  using directory = tempDirectory();
  const { context, console } = await contextIn(directory);
  const { gateInstall } = context.settings.layout;
  await doctor(context, {});
  expect(console.printed.join("")).toMatch(/warn {2}gate +not installed\n.*fix: pratique gate install/u);

  console.printed.splice(0);
  mkdirSync(path.dirname(gateInstall), { recursive: true });
  // A file of the kernel's that nobody may read, not even root.
  symlinkSync("/proc/sys/net/ipv4/route/flush", gateInstall);
  await doctor(context, {});
  expect(console.printed.join("")).toMatch(
    /warn {2}gate +whether it is installed cannot be told: .* cannot be read as this user\n.*fix: run it with sudo/u,
  );
});
