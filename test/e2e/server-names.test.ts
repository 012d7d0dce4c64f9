import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { isIP } from "node:net";
import { hostname } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { tempDirectory } from "@pratique/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { thisMachine } from "../../apps/server/src/own-names.ts";
import { Fleet, FleetServer } from "./agent-harness.ts";

const OUTSIDE = "pratique.test";
const ALIAS = "scanner.internal.test";

let fleet: Fleet;
let server: FleetServer;
let port: number;
const files = tempDirectory();

beforeAll(async () => {
  makeCertificate();
  fleet = new Fleet();
  const config = path.join(files.path, "server.yaml");
  const tls = { certificateFile: files.at("console.pem"), keyFile: files.at("console.key") };
  writeFileSync(config, JSON.stringify({ names: [ALIAS], tls }));
  server = await FleetServer.start(fleet, { PRATIQUE_CONFIG: config }, { everywhere: OUTSIDE });
  port = Number(new URL(server.url).port);
});
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  files[Symbol.dispose]();
});

/** One for the outside name, as an authority of the house would sign it. */
function makeCertificate(): void {
  const subject = ["-subj", `/CN=${OUTSIDE}`, "-addext", `subjectAltName=DNS:${OUTSIDE},DNS:${ALIAS}`];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const out = ["-keyout", files.at("console.key"), "-out", files.at("console.pem"), "-days", "2"];
  const { status, stderr } = spawnSync("openssl", ["req", "-x509", ...key, ...subject, ...out]);
  if (status !== 0) throw new Error(String(stderr));
}

/** A call as a browser makes it that finds the name at an address. */
async function call(
  name: string,
  { at = "127.0.0.1", method = "GET", resource = "/healthz", origin = "", body = "" } = {},
): Promise<{ readonly status: number | undefined; readonly body: string; readonly cookie: string }> {
  const authority = `${name.includes(":") ? `[${name}]` : name}:${port}`;
  const outgoing = request({
    host: at,
    port,
    method,
    path: resource,
    servername: OUTSIDE,
    ca: readFileSync(files.at("console.pem")),
    headers: {
      host: authority,
      ...(origin !== "" && { origin }),
      ...(body !== "" && { "content-type": "application/json" }),
    },
  });
  outgoing.end(body);
  const [incoming] = await once(outgoing, "response");
  const cookie = String(incoming.headers["set-cookie"]?.[0]?.split(";")[0] ?? "");
  return { status: incoming.statusCode, body: await text(incoming), cookie };
}

describe("a server that listens everywhere", () => {
  it.each([OUTSIDE, ALIAS, hostname(), "localhost", "127.0.0.1"])("answers to %s", async (name) => {
    expect((await call(name)).status).toBe(200);
  });

  it("answers to the addresses of its machine, there", async () => {
    const addresses = thisMachine().addresses.filter((each) => isIP(each) === 4);
    const answers = await Promise.all(addresses.map((at) => call(at, { at })));
    expect(answers.map(({ status }) => status)).toEqual(addresses.map(() => 200));
  });

  it.each(["evil.test", `${OUTSIDE}.evil.test`, "198.51.100.1"])("does not answer to %s", async (name) => {
    const { status, body } = await call(name);
    expect([status, JSON.parse(body).code]).toEqual([421, "HOST_REFUSED"]);
  });

  it("gives a link by the address that people reach it by, and signs in there", async () => {
    const { stdout } = server.machine.command(["server", "link", "--json"]);
    const link = new URL(JSON.parse(stdout).url);
    expect(link.origin).toBe(`https://${OUTSIDE}:${port}`);
    const session = { method: "POST", resource: "/api/v1/session" };
    const body = JSON.stringify({ token: link.hash.slice(1) });
    const stranger = await call(OUTSIDE, { ...session, body, origin: "https://evil.test" });
    expect([stranger.status, JSON.parse(stranger.body).code]).toEqual([403, "ORIGIN_REFUSED"]);
    const made = await call(OUTSIDE, { ...session, body, origin: link.origin });
    expect(made.status).toBe(200);
    expect(made.cookie).not.toBe("");
  });

  it("takes a page behind a proxy that calls it by another of its names for its own", async () => {
    const { stdout } = server.machine.command(["server", "link", "--json"]);
    const link = new URL(JSON.parse(stdout).url);
    const body = JSON.stringify({ token: link.hash.slice(1) });
    const made = await call(ALIAS, {
      method: "POST",
      resource: "/api/v1/session",
      body,
      origin: link.origin,
    });
    expect(made.status).toBe(200);
  });
});

it("says what is wrong with a certificate that does not fit its key, and does not start", async () => {
  const other = tempDirectory();
  const key = ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  spawnSync("openssl", [...key, "-out", other.at("other.key")]);
  const config = other.at("server.yaml");
  const tls = { certificateFile: files.at("console.pem"), keyFile: other.at("other.key") };
  writeFileSync(config, JSON.stringify({ tls }));
  const { code, stderr } = fleet.machine("unfit", { PRATIQUE_CONFIG: config }).command(["server"]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^pratique: tls: the key is not that of the certificate; see .*\n$/u);
  other[Symbol.dispose]();
});
