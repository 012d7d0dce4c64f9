import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  diffImage,
  listImageFindings,
  listStatisticsImages,
  listStatisticsStates,
  showImage,
  showStatistics,
  showStatisticsLocally,
} from "@pratique/api";
import { runnableKeyOf, type ScanReport, type Severity, writeRunnableKeys } from "@pratique/core";
import { beginLearning, ImageLearner, readItem } from "@pratique/profile";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { administrator, type Person, person } from "../testdata/people.ts";
import { digestOf, sampleHost, sampleReport } from "../testdata/samples.ts";
import { type TestServer, testServer } from "../testdata/test-server.ts";

const SCRIPT = fileURLToPath(new URL("../../../../scripts/recount_statistics.py", import.meta.url));
const hasPython = spawnSync("python3", ["--version"]).status === 0;
const [base, middle, top] = ["base", "middle", "top"].map(digestOf);

let server: TestServer;
let admin: Person;

beforeEach(async () => {
  server = await testServer();
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

async function agentPut(path: string, body: unknown): Promise<void> {
  const reply = await server.agent(path, { method: "PUT", body });
  if (reply.status >= 300) throw new Error(reply.text);
}

async function host(name: string, team: string): Promise<void> {
  server.clock.advance(1000);
  await agentPut("/agent/v1/host", {
    ...sampleHost,
    reportedAt: new Date(server.clock.now()).toISOString(),
    host: { ...sampleHost.host, name, labels: { team } },
    record: { ...sampleHost.record, logId: `log-${name}` },
  });
}

interface Sketch {
  readonly found?: readonly Severity[];
  readonly layers?: readonly (string | undefined)[];
  readonly created?: string;
  readonly at?: string;
}

function reportOf(reference: string, { found = [], layers, created, at }: Sketch): ScanReport {
  const report = sampleReport(reference);
  const [finding] = report.findings;
  if (finding === undefined) throw new Error("no sample");
  return {
    ...report,
    scannedAt: at ?? report.scannedAt,
    target: {
      ...report.target,
      layers: (layers ?? []).map((layer) => digestOf(layer ?? "")),
      ...(layers !== undefined && { instructions: layers.map((layer) => `RUN make ${layer}`) }),
    },
    assessment: { state: "complete", reasons: [], advisories: [] },
    ...(created !== undefined && {
      config: {
        os: "linux",
        architecture: "amd64",
        created,
        user: "",
        entrypoint: [],
        command: [],
        environment: [],
        workingDirectory: "",
        exposedPorts: [],
        volumes: [],
        labels: {},
        healthcheck: [],
      },
    }),
    packages: report.packages.map((one) => ({ ...one, layer: digestOf(layers?.[0] ?? "none") })),
    findings: found.map((severity, index) => ({ ...finding, id: `CVE-2026-100${index}`, severity })),
  };
}

async function image(reference: string, sketch: Sketch): Promise<string> {
  const imageId = digestOf(reference);
  await agentPut(`/agent/v1/images/${encodeURIComponent(imageId)}`, reportOf(reference, sketch));
  return imageId;
}

const get = async (who: Person, path: string) => {
  const reply = await who.call("GET", path);
  expect([path, reply.status]).toEqual([path, 200]);
  return reply.json;
};

async function sow(): Promise<void> {
  await host("web-1", "blue");
  await image("debian:12", { found: ["low"], layers: ["base"], created: "2026-11-01T00:00:00Z" });
  await image("ghcr.io/acme/shop:1", {
    found: ["high", "medium"],
    layers: ["base", "middle"],
    created: "2026-05-01T00:00:00Z",
  });
  await host("db-1", "green");
  await image("ghcr.io/acme/db:7", {
    found: ["medium"],
    layers: ["base", "middle", "top"],
    created: "2019-01-01T00:00:00Z",
  });
  await image("registry.example/x:1", { found: [] });
  server.clock.advance(36 * 3_600_000);
  await host("web-1", "blue");
  await image("ghcr.io/acme/shop:1", { found: [], layers: ["base", "middle"], at: "2026-11-25T20:00:00Z" });
  admin = await administrator(server);
}

describe("statistics", () => {
  beforeEach(sow);

  it.skipIf(!hasPython)(
    "are counted again by a script of another language, from the rows alone",
    async () => {
      const told = await get(admin, "/api/v1/statistics?days=7");
      expect(showStatistics.reply.parse(told)).toMatchObject({
        version: 1,
        all: { images: 4, judged: 4, high: 0, mediumOrHigh: 1, mediumOrHighShare: 0.25 },
        by: { team: { groups: [{ key: "blue" }, { key: "green" }] } },
      });
      const images = listStatisticsImages.reply.parse(await get(admin, "/api/v1/statistics/images"));
      const states = listStatisticsStates.reply.parse(await get(admin, "/api/v1/statistics/states"));
      const files = [
        ["told.json", JSON.stringify(told)],
        ["images.jsonl", images.items.map((item) => JSON.stringify(item)).join("\n")],
        ["states.jsonl", states.items.map((item) => JSON.stringify(item)).join("\n")],
      ].map(([name = "", text = ""]) => {
        writeFileSync(server.directory.at(name), text);
        return server.directory.at(name);
      });
      const recounted = spawnSync("python3", [SCRIPT, ...files], { encoding: "utf8" });
      expect([recounted.stdout, recounted.stderr, recounted.status]).toEqual([
        "recounted 1 tally, 5 kinds of groups and 7 days: all the same\n",
        "",
        0,
      ]);
      const [first] = files;
      writeFileSync(first ?? "", JSON.stringify({ ...Object(told), all: { ...Object(told).all, high: 3 } }));
      const wrong = spawnSync("python3", [SCRIPT, ...files], { encoding: "utf8" });
      expect([wrong.stdout, wrong.status]).toEqual(["all.high: told 3, counted 0\n", 1]);
    },
  );

  it("remember how it was before", async () => {
    const { days } = showStatistics.reply.parse(await get(admin, "/api/v1/statistics?days=3"));
    expect(days.map(({ day, high, mediumOrHigh }) => [day, high, mediumOrHigh])).toEqual([
      ["2026-11-24", 1, 2],
      ["2026-11-25", 0, 1],
      ["2026-11-26", 0, 1],
    ]);
  });

  it("are of what the caller may see, and are the same as CSV; the operator's are of all", async () => {
    const shop = await person(server, admin, {
      login: "shop",
      held: [{ role: "viewer", scope: { registries: ["ghcr.io/acme/*"] } }],
    });
    const seen = showStatistics.reply.parse(await get(shop, "/api/v1/statistics"));
    expect(seen.all.images).toBe(2);
    expect(seen.by.team.groups.map(({ key }) => key)).toEqual(["unknown"]);
    const csv = await shop.call("GET", "/api/v1/statistics/images", undefined, { accept: "text/csv" });
    expect(csv.text.trim().split("\r\n")).toHaveLength(3);
    expect(csv.text).toContain('"[""ghcr.io/acme/shop""]"');
    const all = showStatisticsLocally.reply.parse((await server.agent("/operator/v1/statistics")).json);
    expect(all.all.images).toBe(4);
  });
});

describe("what an image is built on", () => {
  beforeEach(sow);

  it("is told where its layers are the lowest, to those who may see it", async () => {
    const path = `/api/v1/images/${digestOf("ghcr.io/acme/db:7")}`;
    const detail = showImage.reply.parse(await get(admin, path));
    expect(detail.base).toEqual({
      reference: "ghcr.io/acme/shop:1",
      imageId: digestOf("ghcr.io/acme/shop:1"),
      layers: 2,
    });
    expect(detail.layers.map(({ digest, instruction, fromBase }) => [digest, instruction, fromBase])).toEqual(
      [
        [base, "RUN make base", true],
        [middle, "RUN make middle", true],
        [top, "RUN make top", false],
      ],
    );
    const { items } = listImageFindings.reply.parse(await get(admin, `${path}/findings`));
    expect(items).toMatchObject([{ fromBase: true, instruction: "RUN make base" }]);
    expect((await get(admin, `${path}/findings?fromBase=false`)).items).toEqual([]);
    const db = await person(server, admin, {
      login: "db",
      held: [{ role: "viewer", scope: { registries: ["ghcr.io/acme/db"] } }],
    });
    expect(showImage.reply.parse(await get(db, path)).base).toBeUndefined();
  });
});

describe("how urgent a finding is", () => {
  const path = `/api/v1/images/${digestOf("nginx:1.27")}/findings`;
  const container = {
    id: "c1",
    name: "web",
    image: "nginx:1.27",
    imageId: digestOf("nginx:1.27"),
    state: "running",
    createdAt: "2026-11-24T10:00:00Z",
    user: "",
    privileged: true,
    hostNamespaces: ["pid"],
    ports: [{ hostIp: "", hostPort: 80, containerPort: 80, protocol: "tcp" }],
    labels: {},
    restartPolicy: "no",
  };

  it("depends on how the image runs, as far as the caller may see that", async () => {
    admin = await administrator(server);
    await host("web-1", "blue");
    const report = sampleReport("nginx:1.27");
    await agentPut(`/agent/v1/images/${encodeURIComponent(digestOf("nginx:1.27"))}`, report);
    const scoresOf = async (who: Person) =>
      listImageFindings.reply.parse(await get(who, path)).items.map(({ risk }) => risk);
    const [idle] = await scoresOf(admin);
    expect(idle?.score).toBe(79);
    await agentPut("/agent/v1/containers", { takenAt: "2026-11-24T12:00:00Z", containers: [container] });
    const [running, second] = await scoresOf(admin);
    expect(running?.score).toBe(94);
    expect(running?.terms.slice(-3)).toEqual([
      { name: "in-use", value: "image-runs", points: 5 },
      { name: "exposure", value: "host-namespace, port, privileged", points: 10 },
      { name: "confidence", value: "high", points: 0 },
    ]);
    expect(second?.score).toBeLessThan(94);
    const reader = await person(server, admin, {
      login: "reader",
      held: [{ role: await onlyImages(), scope: {} }],
    });
    const [hidden] = await scoresOf(reader);
    expect(hidden?.terms.find(({ name }) => name === "exposure")?.value).toBe("not known");
  });

  const since = "2026-11-24T10:00:00.000Z";
  const seen = { since, until: since, isWhole: true, executed: [], loaded: [] };
  const unseen = `no process that ran for long had a file of it since ${since}`;

  it.each<[string, readonly string[], object | undefined, object]>([
    [
      "was executed of a package",
      ["executable:/usr/bin/openssl=image"],
      undefined,
      { value: "executed", detail: "/usr/bin/openssl", points: 10 },
    ],
    [
      "was put beside it",
      ["executable:/usr/bin/openssl=added"],
      undefined,
      { value: "image-runs", points: 5 },
    ],
    [
      "a process executes",
      [],
      { ...seen, executed: ["/usr/bin/openssl"] },
      { value: "executed", detail: "/usr/bin/openssl", points: 10 },
    ],
    [
      "a process has loaded",
      [],
      { ...seen, isWhole: false, loaded: ["/usr/bin/openssl"] },
      { value: "loaded", detail: "/usr/bin/openssl", points: 10 },
    ],
    ["no process had", [], seen, { value: "not-seen", detail: unseen, points: 2 }],
    ["not all was looked at", [], { ...seen, isWhole: false }, { value: "image-runs", points: 5 }],
  ])("depends on what %s", async (_, items, inUse, expected) => {
    admin = await administrator(server);
    await host("web-1", "blue");
    const imageId = digestOf("nginx:1.27");
    const report = sampleReport("nginx:1.27");
    const runnable = writeRunnableKeys([runnableKeyOf("usr/bin/openssl") ?? 0]);
    const packages = report.packages.map((one) => ({ ...one, runnable }));
    await agentPut(`/agent/v1/images/${encodeURIComponent(imageId)}`, { ...report, packages });
    await agentPut("/agent/v1/containers", { takenAt: "2026-11-24T12:00:00Z", containers: [container] });
    const sight = { systemCalls: "some", capabilities: "implied" } as const;
    const learner = new ImageLearner({ host: "web-1", sight }, beginLearning(imageId));
    for (const item of items) learner.accept(readItem(item), "uid:0", Date.parse(report.scannedAt));
    const profile = { image: imageId, names: [], lastEventAt: null, architecture: "amd64" };
    const told = { ...profile, learning: learner.toDocument(), ...(inUse !== undefined && { inUse }) };
    await agentPut("/agent/v1/profiles", { known: [imageId], leftOut: 0, profiles: [told] });
    const found = listImageFindings.reply.parse(await get(admin, path));
    const terms = found.items.map(({ risk }) => risk.terms.find(({ name }) => name === "in-use"));
    expect(terms).toEqual([
      { name: "in-use", ...expected },
      { name: "in-use", ...expected },
    ]);
  });

  async function onlyImages(): Promise<string> {
    const body = { description: "", permissions: { "images.read": "allow" } };
    const reply = await admin.call("PUT", "/api/v1/roles/only-images", body, { "if-none-match": "*" });
    if (reply.status >= 300) throw new Error(reply.text);
    return "only-images";
  }
});

describe("what is different", () => {
  it("in another image, for those who may see both", async () => {
    admin = await administrator(server);
    await host("web-1", "blue");
    await image("ghcr.io/acme/shop:1", { found: ["high"] });
    await image("ghcr.io/acme/shop:2", { found: ["high", "low"] });
    await image("registry.example/x:1", {});
    const path = (name: string) =>
      `/api/v1/images/${digestOf("ghcr.io/acme/shop:2")}/diff?with=${digestOf(name)}`;
    const diff = diffImage.reply.parse(await get(admin, path("ghcr.io/acme/shop:1")));
    expect(diff).toMatchObject({
      before: { reference: "ghcr.io/acme/shop:1" },
      after: { reference: "ghcr.io/acme/shop:2" },
      findings: { new: [{ id: "CVE-2026-1001", cause: "advisories" }], gone: [], still: 1 },
    });
    const shop = await person(server, admin, {
      login: "shop",
      held: [{ role: "viewer", scope: { registries: ["ghcr.io/acme/*"] } }],
    });
    expect((await shop.call("GET", path("registry.example/x:1"))).status).toBe(404);
    const both = `${path("ghcr.io/acme/shop:1")}&from=2026-11-21T00:00:00Z`;
    expect((await shop.call("GET", both)).status).toBe(400);
    expect((await shop.call("GET", path("ghcr.io/acme/shop:1"))).status).toBe(200);
  });

  it("in an image at another time", async () => {
    admin = await administrator(server);
    await host("web-1", "blue");
    const imageId = await image("ghcr.io/acme/shop:1", {
      found: ["high", "low"],
      at: "2026-11-20T00:00:00Z",
    });
    await image("ghcr.io/acme/shop:1", { found: ["critical"], at: "2026-11-22T00:00:00Z" });
    const changes = async (query: string) =>
      diffImage.reply.parse(await get(admin, `/api/v1/images/${imageId}/diff?${query}`));
    const found = await changes("from=2026-11-21T00:00:00Z");
    expect(found.findings).toMatchObject({ new: [], gone: [{ id: "CVE-2026-1001" }], still: 1 });
    expect(found.packages).toEqual({ added: [], removed: [], changed: [] });
    const early = await changes("from=2026-01-01T00:00:00Z&to=2026-11-21T00:00:00Z");
    expect([early.before.at, early.findings.still]).toEqual(["2026-11-20T00:00:00.000Z", 2]);
  });
});
