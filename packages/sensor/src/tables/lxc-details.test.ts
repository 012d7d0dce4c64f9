import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LxcDetails } from "./lxc-details.ts";

const config = `# a comment
lxc.uts.name = shop
lxc.rootfs.path = dir:/var/lib/lxc/shop/rootfs
  lxc.net.0.type=none
lxc.namespace.keep = user ipc
lxc.environment = APP=1
lxc.mount.entry = /srv/data data none rbind,ro,create=dir 0 0
lxc.mount.entry = proc proc proc nodev 0 0
`;

describe("LxcDetails", () => {
  let root = "";
  let details: LxcDetails;

  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), "lxc-"));
    details = new LxcDetails({ directory: path.join(root, "lxc"), now: () => 7 });
    await mkdir(path.join(root, "lxc/shop"), { recursive: true });
    await writeFile(path.join(root, "lxc/shop/config"), config);
  });
  afterEach(() => rm(root, { recursive: true }));

  it("reads what a container is from its configuration", async () => {
    expect(await details.describe({ id: "shop", runtime: "lxc" })).toMatchObject({
      id: "shop",
      runtime: "lxc",
      name: "shop",
      image: "/var/lib/lxc/shop/rootfs",
      environment: ["APP=1"],
      mounts: [{ source: "/srv/data", target: "/data", readOnly: true }],
      hostNetwork: true,
      hostIpc: true,
      hostPid: false,
      startedAt: 7,
      described: true,
    });
  });

  it.each([
    ["of another runtime", { id: "shop", runtime: "docker" } as const],
    ["that lies elsewhere", { id: "other", runtime: "lxc" } as const],
    ["by the name of the directory above", { id: "..", runtime: "lxc" } as const],
    ["by a name that is a path", { id: "../lxc/shop", runtime: "lxc" } as const],
  ])("knows nothing of a container %s", async (_, identity) => {
    await writeFile(path.join(root, "config"), config);
    expect(await details.describe(identity)).toBeUndefined();
  });
});
