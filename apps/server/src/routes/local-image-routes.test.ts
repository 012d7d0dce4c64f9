import {
  createException,
  listImageExceptionsLocally,
  listImageFindings,
  listImageFindingsLocally,
  listImagesLocally,
  showImage,
  showImageLocally,
} from "@pratique/api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { administrator, type Person, person } from "../testdata/people.ts";
import { digestOf, sampleHost, sampleReport } from "../testdata/samples.ts";
import { type TestServer, testServer } from "../testdata/test-server.ts";

const APP = "ghcr.io/acme/app:1";
const APP_ID = digestOf(APP);

let server: TestServer;
let admin: Person;

beforeEach(async () => {
  server = await testServer();
  admin = await administrator(server);
  await put("/agent/v1/host", sampleHost);
  await put(`/agent/v1/images/${encodeURIComponent(APP_ID)}`, sampleReport(APP));
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

async function put(path: string, body: unknown): Promise<void> {
  const reply = await server.agent(path, { method: "PUT", body });
  if (reply.status >= 300) throw new Error(reply.text);
}

const onSocket = async (path: string) => (await server.agent(`/operator/v1/images${path}`)).json;

describe("on the server's own machine an image", () => {
  it("is found by its name", async () => {
    const { items } = listImagesLocally.reply.parse(await onSocket("?text=acme%2Fapp"));
    expect(items.map(({ imageId }) => imageId)).toEqual([APP_ID]);
    expect(listImagesLocally.reply.parse(await onSocket("?text=nothing")).items).toEqual([]);
  });

  it("is told as the console tells it to who sees all", async () => {
    const path = `/api/v1/images/${APP_ID}`;
    const detail = showImage.reply.parse((await admin.call("GET", path)).json);
    expect(showImageLocally.reply.parse(await onSocket(`/${APP_ID}`))).toEqual(detail);
    const found = listImageFindings.reply.parse((await admin.call("GET", `${path}/findings`)).json);
    expect(found.items.map(({ risk }) => risk.terms.find(({ name }) => name === "in-use")?.value)).toEqual([
      "not-running",
      "not-running",
    ]);
    expect(listImageFindingsLocally.reply.parse(await onSocket(`/${APP_ID}/findings`))).toEqual(found);
  });

  it.each(["", "/findings", "/exceptions"])("is missed where it was never scanned (%s)", async (part) => {
    expect(await onSocket(`/${digestOf("other")}${part}`)).toMatchObject({ status: 404 });
  });

  it("is not told at the address of the console", async () => {
    const someone = await person(server, admin, { login: "someone", held: [{ role: "auditor", scope: {} }] });
    expect((await someone.call("GET", `/operator/v1/images/${APP_ID}`)).status).toBe(404);
  });
});

describe("the exceptions of an image", () => {
  const [host] = [sampleHost.host.name];

  async function granted(scope: object): Promise<string> {
    const body = {
      rules: ["no-critical"],
      scope,
      reason: "until it is mended",
      owner: "team-web",
      expiresAt: "2026-12-01T00:00:00Z",
    };
    return createException.reply.parse((await admin.call("POST", "/api/v1/exceptions", body)).json).id;
  }

  async function inForce(): Promise<readonly string[]> {
    const reply = listImageExceptionsLocally.reply.parse(await onSocket(`/${APP_ID}/exceptions`));
    return reply.items.map(({ id }) => id);
  }

  it.each<[string, object, boolean]>([
    ["its name", { images: ["ghcr.io/acme/app:*"] }, true],
    ["its content", { digests: [APP_ID] }, true],
    ["a vulnerability in it", { images: [APP], vulnerabilities: ["CVE-2026-0001"] }, true],
    ["a host on which it lies", { hosts: [host] }, true],
    ["another image", { images: ["ghcr.io/acme/other:*"] }, false],
    ["another host", { hosts: ["elsewhere"] }, false],
  ])("are those for %s", async (_, scope, isInForce) => {
    const id = await granted(scope);
    expect(await inForce()).toEqual(isInForce ? [id] : []);
  });

  it("are none that ended", async () => {
    const id = await granted({ digests: [APP_ID] });
    await granted({ digests: [digestOf("other")] });
    expect(await inForce()).toEqual([id]);
    await admin.call("POST", `/api/v1/exceptions/${id}/withdraw`);
    expect(await inForce()).toEqual([]);
  });
});
