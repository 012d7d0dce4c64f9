import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { HttpClient, type HttpClientOptions } from "@pratique/http";
import { fixedCredentials, registrySource } from "@pratique/oci";
import {
  archiveOf,
  dockerArchiveOf,
  layerOf,
  ociLayoutOf,
  tempDirectory,
  writeFiles,
} from "@pratique/testkit";
import { describe, expect, it } from "vitest";
import { type RealRegistry, registryUnavailable, startRealRegistry } from "./real-registry.ts";

const unavailable = registryUnavailable();
const USERNAME = "someone";
const PASSWORD = "U*U";
/** Of the password above: a test vector of the algorithm's authors. */
const BCRYPT = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

const filler = createHash("shake256", { outputLength: 3_000_000 }).digest();
const layers = [
  layerOf([
    { path: "etc/a", content: "one" },
    { path: "etc/b", content: "two" },
    { path: "big", content: filler },
  ]),
  layerOf([{ path: "etc/.wh.b" }, { path: "etc/a", content: "three" }]),
];
const image = { layers, tags: ["app:1"], config: { config: { User: "app" } } };

function clientOf(options: Partial<HttpClientOptions> = {}): HttpClient {
  return new HttpClient({ now: Date.now, random: Math.random, ...options });
}

function skopeo(args: readonly string[]): void {
  const { status, stderr } = spawnSync("skopeo", ["--insecure-policy", ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`skopeo failed: ${stderr}`);
}

/** Pushes the image as a docker archive (`docker:1`) and as an OCI layout (`oci:1`, `zstd:1`). */
function push({ host }: RealRegistry, flags: readonly string[] = []): void {
  using directory = tempDirectory();
  writeFileSync(directory.at("docker.tar"), archiveOf(dockerArchiveOf(image)));
  writeFiles(directory.at("layout"), ociLayoutOf(image));
  const copy = ["copy", "--dest-tls-verify=false", ...flags];
  skopeo([...copy, `docker-archive:${directory.at("docker.tar")}`, `docker://${host}/docker:1`]);
  skopeo([...copy, `oci:${directory.at("layout")}`, `docker://${host}/team/oci:1`]);
  const zstd = ["--dest-compress-format", "zstd", "--format", "oci"];
  skopeo([...copy, ...zstd, `oci:${directory.at("layout")}`, `docker://${host}/zstd:1`]);
}

async function readA(http: HttpClient, reference: string): Promise<string> {
  const opened = await registrySource({ http }).open(reference, {});
  const tree = await opened.readTree([{ under: ["etc"] }]);
  expect(tree.failures).toEqual([]);
  expect([...tree.files()].map(({ path }) => path)).toEqual(["etc/a"]);
  expect(tree.facts.config?.user).toBe("app");
  expect(tree.facts.layers.map(({ diffId }) => diffId)).toEqual(layers.map(({ diffId }) => diffId));
  return Buffer.from(await tree.read("etc/a")).toString("utf8");
}

describe.skipIf(unavailable !== undefined)(`a real registry ${unavailable ?? ""}`, () => {
  it("gives images of either family, in either compression", async () => {
    await using registry = await startRealRegistry();
    push(registry);
    await using http = clientOf();
    for (const name of ["docker:1", "team/oci:1", "zstd:1"]) {
      expect(await readA(http, `${registry.host}/${name}`)).toBe("three");
    }
    const { digest } = await registrySource({ http }).open(`${registry.host}/docker:1`, {});
    expect(await readA(http, `${registry.host}/docker@${digest}`)).toBe("three");
    await expect(readA(http, `${registry.host}/docker:2`)).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
    await expect(readA(http, `${registry.host}/absent:1`)).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
  });

  it("gives parts of layers that have a table of contents", async () => {
    await using registry = await startRealRegistry();
    using directory = tempDirectory();
    const tall = layerOf([
      { path: "etc/a", content: "one" },
      { path: "big", content: createHash("shake256", { outputLength: 2_000_000 }).digest() },
    ]);
    writeFileSync(
      directory.at("docker.tar"),
      archiveOf(dockerArchiveOf({ layers: [tall], tags: ["app:1"] })),
    );
    const format = ["--dest-compress-format", "zstd:chunked", "--format", "oci", "--dest-tls-verify=false"];
    skopeo([
      "copy",
      ...format,
      `docker-archive:${directory.at("docker.tar")}`,
      `docker://${registry.host}/app:1`,
    ]);
    await using http = clientOf();
    const opened = await registrySource({ http }).open(`${registry.host}/app:1`, {});
    const whole = await opened.readTree([{ under: ["etc"] }]);
    const part = await opened.readTree([{ under: ["etc"] }], { byRange: true });
    for (const tree of [whole, part]) expect(Buffer.from(await tree.read("etc/a")).toString()).toBe("one");
    expect([whole, part].map(({ facts, sizeBytes }) => [facts.layersVerified, sizeBytes])).toEqual([
      [true, tall.tar.length],
      [false, 3],
    ]);
  });

  it("lets in those who know the password", async () => {
    await using registry = await startRealRegistry({ htpasswd: `${USERNAME}:${BCRYPT}\n` });
    push(registry, ["--dest-creds", `${USERNAME}:${PASSWORD}`]);
    await using http = clientOf();
    const reference = `${registry.host}/docker:1`;
    await expect(readA(http, reference)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    const open = (password: string) =>
      registrySource({
        http,
        credentials: fixedCredentials(registry.host, { kind: "password", username: USERNAME, password }),
      }).open(reference, {});
    await expect(open("wrong")).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    const opened = await open(PASSWORD);
    expect((await opened.readTree([{ under: ["etc"] }])).stat("etc/a")?.size).toBe(5);
  });

  it("is spoken to over TLS where it speaks TLS", async () => {
    await using registry = await startRealRegistry({ tls: true });
    push(registry);
    const reference = `${registry.host}/docker:1`;
    await using trusting = clientOf({ extraCertificates: [registry.certificate] });
    expect(await readA(trusting, reference)).toBe("three");
    await using careless = clientOf({ insecureHosts: [registry.host] });
    expect(await readA(careless, reference)).toBe("three");
    await using careful = clientOf();
    await expect(readA(careful, reference)).rejects.toMatchObject({
      code: "SOURCE_UNAVAILABLE",
      message: expect.stringMatching(/certificate/u),
    });
  });
});
