import { chown, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  chunked,
  type GatedEngine,
  IMAGE,
  type RawRequest,
  rawRequest,
  startGatedEngine,
} from "./gate-harness.ts";
import { engineUnavailable } from "./private-engine.ts";

const unavailable = engineUnavailable();
const CREATE = "/v1.45/containers/create";
const JSON_TYPE = "Content-Type: application/json";

/** A body that the built-in policies allow, with some of it replaced. */
function body(hostConfig: object = {}, more: object = {}): string {
  return JSON.stringify({
    Image: IMAGE,
    User: "1000",
    Cmd: ["sleep", "60"],
    ...more,
    HostConfig: hostConfig,
  });
}

const PRIVILEGED = body({ Privileged: true });

describe.skipIf(unavailable !== undefined)(`a gate on a real engine ${unavailable ?? ""}`, () => {
  let gated: GatedEngine;
  let directory: string;

  beforeAll(async () => {
    gated = await startGatedEngine();
    directory = await mkdtemp(path.join(tmpdir(), "prq-link-"));
    await symlink("/etc", path.join(directory, "innocent"));
  });

  afterAll(async () => {
    await gated[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  async function statusOf(request: RawRequest): Promise<number> {
    return (await gated.send(rawRequest(request))).status;
  }

  it("lets an honest launch pass, from create to start", async () => {
    expect(await statusOf({ target: `${CREATE}?name=honest`, body: body() })).toBe(201);
    const started = await gated.send(
      rawRequest({ target: "/v1.45/containers/honest/start", headers: ["Content-Length: 0"] }),
    );
    expect(started.text).toMatch(/^HTTP\/1.1 204/u);
    expect(gated.records.filter(({ action }) => action === "launch.allowed")).toHaveLength(2);
  });

  it("refuses a privileged launch, and tells why", async () => {
    const { status, text } = await gated.send(rawRequest({ target: CREATE, body: PRIVILEGED }));
    expect(status).toBe(403);
    expect(text).toContain("containers/no-privileged");
    expect(gated.records.at(-1)).toMatchObject({ class: "verdict", action: "launch.denied" });
  });

  it("prints its reasons on the command line, one to a line", async () => {
    const { stderr, code } = await gated.engine.docker(["run", "--rm", "--privileged", "--pid=host", IMAGE]);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/^ {2}containers\/no-privileged: .+$/mu);
    expect(stderr).toMatch(/^ {2}containers\/no-host-namespaces: .+$/mu);
    expect(stderr).toMatch(/^ {2}to ask for an exception: pratique policy exception grant .+$/mu);
  });

  describe("a request that the engine would read otherwise than a simple reader", () => {
    const text = (value: string): RawRequest => ({ target: CREATE, body: value });
    const typed = (type: string, value: string): RawRequest => ({
      target: CREATE,
      body: value,
      headers: [`Content-Type: ${type}`, `Content-Length: ${Buffer.byteLength(value)}`],
    });
    const safe = `"Image":"${IMAGE}","User":"1000"`;
    const invalid = Buffer.concat([
      Buffer.from(`{${safe},"HostConfig":{"Privileged":true,"`),
      Buffer.from([0xff]),
      Buffer.from('":1}}'),
    ]);

    it.each<readonly [what: string, request: RawRequest]>([
      ["lower case keys", text(`{${safe},"hostconfig":{"privileged":true,"binds":["/:/h"]}}`)],
      [
        "a second HostConfig",
        text(`{${safe},"HostConfig":{"Privileged":true},"HostConfig":{"Memory":16777216}}`),
      ],
      ["a second one, case aside", text(`{${safe},"HostConfig":{},"hostConfig":{"Privileged":true}}`)],
      ["U+017F in HostConfig", text(`{${safe},"HoſtConfig":{"Privileged":true}}`)],
      ["U+017F in SecurityOpt", text(`{${safe},"HostConfig":{"ſecurityOpt":["seccomp=unconfined"]}}`)],
      ["U+212A in NetworkMode", text(`{${safe},"HostConfig":{"Networ\u212AMode":"host"}}`)],
      ["an escaped key", text(`{${safe},"HostConfig":{"\\u0050rivileged":true}}`)],
      [
        "maps that merge",
        text(`{${safe},"HostConfig":{"Sysctls":{"kernel.shm_rmid_forced":"1"},"Sysctls":{}}}`),
      ],
      ["a list that null resets", text(`{${safe},"HostConfig":{"CapDrop":["ALL"],"CapDrop":null}}`)],
      ["invalid UTF-8 in a key", { target: CREATE, body: invalid }],
      ["a content type with a parameter", typed("application/json; charset=utf-8", PRIVILEGED)],
      ["a content type in another case", typed("Application/JSON", PRIVILEGED)],
      ["a content type that hides the body", typed("text/plain", PRIVILEGED)],
      ["a form", typed("application/x-www-form-urlencoded", PRIVILEGED)],
      ["an encoded path", { target: "/v1.45/containers/%63reate", body: PRIVILEGED }],
      ["an absolute target", { target: "http://evil/v1.45/containers/create", body: PRIVILEGED }],
      ["a target without authority", { target: "http:/v1.45/containers/create", body: PRIVILEGED }],
      ["no version", { target: "/containers/create", body: PRIVILEGED }],
      [
        "a chunked body",
        { target: CREATE, body: chunked(PRIVILEGED), headers: [JSON_TYPE, "Transfer-Encoding: chunked"] },
      ],
      [
        "two content types",
        {
          target: CREATE,
          body: PRIVILEGED,
          headers: [
            "Content-Type: text/plain",
            JSON_TYPE,
            `Content-Length: ${Buffer.byteLength(PRIVILEGED)}`,
          ],
        },
      ],
    ])("is refused: %s", async (_what, request) => {
      expect(await statusOf(request)).toBe(403);
    });

    it.each([
      ["a byte order mark", `\uFEFF${PRIVILEGED}`],
      ["a second document", `${body()}${PRIVILEGED}`],
    ])("is refused: %s", async (_what, value) => {
      expect(await statusOf({ target: CREATE, body: value })).toBe(403);
    });

    it("is allowed where it is safe: chunked, with parameters of the type, without version, encoded", async () => {
      const value = body();
      const headers = ["Content-Type: application/json; charset=utf-8", "Transfer-Encoding: chunked"];
      expect(await statusOf({ target: "/containers/%63reate", body: chunked(value), headers })).toBe(201);
    });

    it("is allowed where labels differ by case only", async () => {
      expect(await statusOf({ target: CREATE, body: body({}, { Labels: { a: "1", A: "2" } }) })).toBe(201);
    });
  });

  describe("a body that the engine does not show", () => {
    it("is refused with a length of zero (CVE-2024-41110)", async () => {
      const headers = [JSON_TYPE, "Content-Length: 0"];
      expect(await statusOf({ target: CREATE, body: PRIVILEGED, headers })).toBe(403);
    });

    it("is refused above the engine's limit (CVE-2026-34040)", async () => {
      const labels = Object.fromEntries(
        Array.from({ length: 1100 }, (_unused, index) => [`l${index}`, "x".repeat(1000)]),
      );
      const value = body({ Privileged: true }, { Labels: labels });
      expect(value.length).toBeGreaterThan(1024 * 1024);
      expect(await statusOf({ target: CREATE, body: value })).toBe(403);
    });

    it("does not keep images from being imported, loaded or built", async () => {
      const { code } = await gated.engine.docker(["import", "-", "imported:1"], {
        input: Buffer.alloc(10_240),
      });
      expect(code).toBe(0);
      await gated.engine.imageFromDockerfile(`FROM ${IMAGE}\nLABEL a=b\n`, "built:1");
      expect(gated.records).toContainEqual(
        expect.objectContaining({ action: "call.allowed", class: "gate" }),
      );
    });
  });

  describe("privilege by another way", () => {
    const asked = (hostConfig: object): RawRequest => ({ target: CREATE, body: body(hostConfig) });

    it.each<readonly [what: string, hostConfig: object]>([
      ["a bind of the root", { Binds: ["/:/h"] }],
      ["a bind by Mounts", { Mounts: [{ Type: "bind", Source: "/etc", Target: "/h" }] }],
      ["a volume that is a bind", { Mounts: [volumeOf({ type: "none", o: "bind", device: "/etc" })] }],
      ["a volume of the host's devices", { Mounts: [volumeOf({ type: "devtmpfs", device: "devtmpfs" })] }],
      [
        "a volume that lays over the root",
        { Mounts: [volumeOf({ type: "overlay", o: "lowerdir=/etc:/tmp", device: "overlay" })] },
      ],
      ["a device by a relative path", { Mounts: [volumeOf({ type: "ext4", device: "../../dev/vda" })] }],
      [
        "a bind by a relative path",
        { Mounts: [volumeOf({ type: "none", o: "bind", device: "../../../../../etc" })] },
      ],
      [
        "relative layers",
        { Mounts: [volumeOf({ type: "overlay", o: "lowerdir=../../etc:../../root", device: "overlay" })] },
      ],
      [
        "layers that are added",
        { Mounts: [volumeOf({ type: "overlay", o: "lowerdir+=/etc,lowerdir+=/tmp", device: "overlay" })] },
      ],
      ["the 513th mount", { Binds: [...Array.from({ length: 512 }, (_, at) => `/srv:/t${at}`), "/etc:/h"] }],
      ["the directory of whoever looks", { Binds: ["/proc/self/cwd:/h"] }],
      ["the directory of the engine's socket", { Binds: ["/var/run:/r"] }],
      ["the process namespace", { PidMode: "host" }],
      ["the network", { NetworkMode: "host" }],
      ["a capability in lower case", { CapAdd: ["cap_sys_admin"] }],
      ["no seccomp, by a colon", { SecurityOpt: ["seccomp:unconfined"] }],
      ["bare /proc and /sys", { MaskedPaths: [], ReadonlyPaths: [] }],
      ["shared propagation", { Binds: ["/srv:/h:shared"] }],
      [
        "a device",
        { Devices: [{ PathOnHost: "/dev/mem", PathInContainer: "/dev/mem", CgroupPermissions: "rwm" }] },
      ],
    ])("is refused: %s", async (_what, hostConfig) => {
      expect(await statusOf(asked(hostConfig))).toBe(403);
    });

    it("is refused: a container without an image", async () => {
      const value = body({ Binds: ["/:/h"] }, { Image: "", Cmd: ["/h/bin/sh"] });
      expect(await statusOf({ target: CREATE, body: value })).toBe(403);
    });

    it("is refused: a symlink", async () => {
      expect(await statusOf(asked({ Binds: [`${directory}/innocent:/h`] }))).toBe(403);
    });

    it("is seen: a mount that others than root could exchange before the engine gets to it", async () => {
      const theirs = path.join(directory, "theirs");
      await mkdir(path.join(theirs, "data"), { recursive: true });
      await chown(theirs, 1000, 1000);
      const binds = [`${theirs}/data:/a`, `${theirs}:/b`];
      expect(await statusOf(asked({ Binds: binds }))).toBe(201);
      expect(gated.records.at(-1)?.data).toMatchObject({
        launch: { mounts: [{ exchangeable: true }, { exchangeable: false }] },
      });
    });

    it("is refused at a restart: a directory that became a symlink since the last run", async () => {
      const source = path.join(directory, "changing");
      const start: RawRequest = {
        target: "/v1.45/containers/changing/start",
        headers: ["Content-Length: 0"],
      };
      await mkdir(source);
      const value = body({ Binds: [`${source}:/h`] }, { Cmd: ["true"] });
      expect(await statusOf({ target: `${CREATE}?name=changing`, body: value })).toBe(201);
      expect(await statusOf(start)).toBe(204);
      await gated.engine.docker(["wait", "changing"]);
      await rm(source, { recursive: true });
      await symlink("/etc", source);
      expect(await statusOf(start)).toBe(403);
    });

    it("is refused: a copy through a directory that became a symlink, in and out", async () => {
      const source = path.join(directory, "copied");
      await mkdir(source);
      const value = body({ Binds: [`${source}:/h`] });
      expect(await statusOf({ target: `${CREATE}?name=copied`, body: value })).toBe(201);
      expect((await gated.engine.docker(["cp", "copied:/h", "-"])).code).toBe(0);
      await rm(source, { recursive: true });
      await symlink("/etc", source);
      const out = await gated.engine.docker(["cp", "copied:/h/hostname", "-"]);
      expect(out.stderr).toContain("policy refuses this copy");
      const file = path.join(directory, "brought");
      await writeFile(file, "x");
      const into = await gated.engine.docker(["cp", file, "copied:/h/brought"]);
      expect(into.stderr).toContain("containers/no-sensitive-mounts");
    });

    it("is refused: another meaning of the user's name, brought in before the start", async () => {
      const accounts = path.join(directory, "passwd");
      await writeFile(accounts, "app:x:0:0::/:/bin/sh\n");
      for (const [name, user] of [
        ["by-name", "app"],
        ["by-number", "1000"],
      ]) {
        const value = body({}, { User: user, Cmd: ["true"] });
        expect(await statusOf({ target: `${CREATE}?name=${name}`, body: value })).toBe(201);
        expect((await gated.engine.docker(["cp", accounts, `${name}:/etc/passwd`])).code).toBe(0);
      }
      expect((await gated.engine.docker(["start", "by-name"])).stderr).toContain("containers/no-root-user");
      expect((await gated.engine.docker(["start", "by-number"])).code).toBe(0);
    });

    it("is refused: the host's network by a part of its id", async () => {
      const { stdout } = await gated.engine.docker(["network", "inspect", "--format", "{{.Id}}", "host"]);
      expect(await statusOf(asked({ NetworkMode: stdout.slice(0, 12) }))).toBe(403);
    });

    it("is refused: the engine's own socket, and its directory", async () => {
      const { socketPath, directory: own } = gated.engine;
      expect(await statusOf(asked({ Binds: [`${socketPath}:/s`] }))).toBe(403);
      expect(await statusOf(asked({ Binds: [`${own}:/s`] }))).toBe(403);
    });

    it("is refused at its use: a volume with options that was made before", async () => {
      const options = { type: "none", o: "bind", device: "/etc" };
      const made = await gated.post("/volumes/create", {
        Name: "trap",
        Driver: "local",
        DriverOpts: options,
      });
      expect(made.status).toBe(201);
      expect(await statusOf(asked({ Binds: ["trap:/h"] }))).toBe(403);
    });

    it.each<readonly [what: string, target: string, body: object | undefined]>([
      ["plugins", "/plugins/pull?remote=a%2Fb", []],
      ["the end of the gate", "/plugins/gate/disable", undefined],
      ["a command with privileges", "/containers/honest/exec", { Cmd: ["id"], Privileged: true }],
      ["a checkpoint", "/containers/honest/start?checkpoint=c", undefined],
      [
        "a service with a bind",
        "/services/create",
        serviceWith([{ Type: "bind", Source: "/etc", Target: "/h" }]),
      ],
    ])("is refused: %s", async (_what, target, content) => {
      expect((await gated.post(target, content)).status).toBe(403);
    });

    it("is allowed where it is none: a command in a container", async () => {
      const made = await gated.post("/containers/honest/exec", { Cmd: ["true"] });
      expect(made.status).toBe(201);
      const id = /"Id":"(?<id>[0-9a-f]+)"/u.exec(made.text)?.groups?.id ?? "";
      expect((await gated.post(`/exec/${id}/start`, { Detach: true })).status).toBe(200);
    });
  });

  it("judges a container that was made before it by what the engine says of it", async () => {
    await gated.gate(false);
    expect(await statusOf({ target: `${CREATE}?name=older`, body: PRIVILEGED })).toBe(201);
    await gated.gate(true);
    expect(await statusOf({ target: "/containers/older/start", headers: ["Content-Length: 0"] })).toBe(403);
  });

  describe("a container beside another one", () => {
    beforeAll(async () => {
      await gated.gate(false);
      expect(await statusOf({ target: `${CREATE}?name=mighty`, body: PRIVILEGED })).toBe(201);
      await gated.gate(true);
      expect(await statusOf({ target: `${CREATE}?name=harmless`, body: body() })).toBe(201);
    });

    function ruled(records: typeof gated.records): readonly string[] {
      return records.flatMap(({ data }) => {
        const { verdict }: { verdict?: { violations?: readonly unknown[] } } = Object(data);
        return (verdict?.violations ?? []).map((violation) => {
          const { policy, rule, enforcement } = Object(violation);
          return `${enforcement} ${policy}/${rule}`;
        });
      });
    }

    it.each<readonly [how: string, hostConfig: object]>([
      ["its processes", { PidMode: "container:mighty" }],
      ["its memory", { IpcMode: "container:mighty" }],
      ["its network", { NetworkMode: "container:mighty" }],
      ["its volumes", { VolumesFrom: ["mighty"] }],
      ["processes and volumes at once", { PidMode: "container:mighty", VolumesFrom: ["mighty:ro"] }],
    ])("is refused where it would share with one that is privileged: %s", async (_how, hostConfig) => {
      const before = gated.records.length;
      const reply = await gated.send(rawRequest({ target: CREATE, body: body(hostConfig) }));
      expect(reply.status).toBe(403);
      expect(reply.text).toContain("no-joined-privileged");
      const said = ruled(gated.records.slice(before));
      expect(said).toContain("enforce containers/no-joined-privileged");
      expect(said).toContain("warn containers/joined-containers");
    });

    it("passes with a warning in the record where the other one is harmless", async () => {
      const before = gated.records.length;
      const joins = body({
        IpcMode: "private",
        NetworkMode: "container:harmless",
        VolumesFrom: ["harmless"],
      });
      expect(await statusOf({ target: CREATE, body: joins })).toBe(201);
      const said = ruled(gated.records.slice(before));
      expect(said).toContain("warn containers/joined-containers");
      expect(said.filter((line) => line.startsWith("enforce"))).toEqual([]);
    });
  });
});

function volumeOf(options: Readonly<Record<string, string>>): object {
  return {
    Type: "volume",
    Target: "/h",
    VolumeOptions: { DriverConfig: { Name: "local", Options: options } },
  };
}

function serviceWith(mounts: readonly object[]): object {
  return { Name: "s", TaskTemplate: { ContainerSpec: { Image: IMAGE, User: "1000", Mounts: mounts } } };
}
