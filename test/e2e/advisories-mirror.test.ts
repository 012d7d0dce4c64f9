import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { Pratique } from "./pratique.ts";
import { registryUnavailable, startRealRegistry } from "./real-registry.ts";

const unavailable = registryUnavailable();
const PASSWORD = "U*U";
/** Of the password above: a test vector of the algorithm's authors. */
const BCRYPT = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
const FIRST =
  "[03 Jan 2024] DSA-9002-1 bash - security update\n\t{CVE-2024-90002}\n\t[bookworm] - bash 5.2.15-9\n";
const SECOND =
  "[04 Jan 2024] DSA-9003-1 zlib - security update\n\t{CVE-2024-90003}\n\t[bookworm] - zlib 1:2\n";

function openssl(...args: readonly string[]): void {
  const { status, stderr } = spawnSync("openssl", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`openssl failed: ${stderr}`);
}

it.skipIf(unavailable !== undefined)(
  `takes advisories through a real registry, signed with a key of openssl ${unavailable ?? ""}`,
  async () => {
    await using registry = await startRealRegistry({ htpasswd: `someone:${BCRYPT}\n` });
    await using publisher = new Pratique();
    await using reader = new Pratique();
    const at = (name: string): string => path.join(publisher.directory, name);
    openssl("genpkey", "-algorithm", "ed25519", "-out", at("mirror.key"));
    openssl("pkey", "-in", at("mirror.key"), "-pubout", "-out", at("mirror.pub"));
    const mirror = `oci:${registry.host}/security/advisories`;
    const who = ["--username=someone", `--password=${PASSWORD}`];
    // Not by `command`: a registry that nobody listens to stops when its log is full.
    const run = async (part: Pratique, ...args: readonly string[]): Promise<void> => {
      expect(await part.later(["advisories", ...args])).toEqual({ code: 0, stderr: "" });
    };
    const publish = async (list: string): Promise<void> => {
      writeFileSync(at("DSA.list"), list);
      await run(publisher, "build", `--from=debian-dsa-dla:${at("DSA.list")}`);
      await run(publisher, "publish", mirror, `--key=${at("mirror.key")}`, ...who);
    };
    await publish(FIRST);
    await run(reader, "update", `--mirror=${mirror}`, `--key=${at("mirror.pub")}`, ...who);
    await publish(SECOND + FIRST);
    await run(reader, "update", ...who);
    const { stdout } = reader.command(["advisories", "status", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      sources: [{ advisories: 2 }],
      mirror: { locations: [mirror] },
    });

    const refused = await reader.later(["advisories", "update"]);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("does not let us read") });
    openssl("genpkey", "-algorithm", "ed25519", "-out", at("other.key"));
    const others = await publisher.later([
      "advisories",
      "publish",
      mirror,
      `--key=${at("other.key")}`,
      ...who,
    ]);
    expect(others).toMatchObject({ code: 1, stderr: expect.stringContaining("expected a signature by") });
  },
);
