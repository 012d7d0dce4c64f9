import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
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

it("tells that policies of one's own stand in place of the built-in ones, unless those are kept", async () => {
  using directory = tempDirectory();
  const { context, console } = await contextIn(directory);
  const { policies } = context.settings.layout;
  mkdirSync(policies, { recursive: true });
  const rule = "{ name: none, deny: launch.privileged, message: m, value: v, fix: f }";
  const head = "apiVersion: pratique/v1\nkind: Policy";
  const write = (file: string, name: string) =>
    writeFileSync(
      path.join(policies, file),
      `${head}\nmetadata: { name: ${name} }\nspec: { rules: [${rule}] }\n`,
    );
  write("team.yaml", "team");
  await doctor(context, {});
  expect(console.printed.join("")).toContain("team, in place of the built-in ones; 0 exceptions");

  console.printed.splice(0);
  write("built-in.yaml", "containers");
  await doctor(context, {});
  expect(console.printed.join("")).toContain("containers, team; 0 exceptions");
});
