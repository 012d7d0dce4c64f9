import { expect, it } from "vitest";
import { requestIfChanged } from "./conditional.ts";
import { HttpClient } from "./index.ts";
import { listen } from "./testdata/loopback.ts";

const client = new HttpClient({ now: () => 0, random: () => 0 });

it("asks for what is new only", async () => {
  await using server = await listen((request, response) => {
    if (request.headers["if-none-match"] === '"1"') response.writeHead(304).end();
    else
      response.writeHead(200, { etag: '"1"', "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT" }).end("feed");
  });
  const first = await requestIfChanged(client, { url: server.url });
  if (first.kind !== "changed") throw new Error("expected a first answer");
  expect(await first.response.text()).toBe("feed");
  expect(first.validators).toEqual({ etag: '"1"', lastModified: "Thu, 01 Jan 2026 00:00:00 GMT" });

  expect(await requestIfChanged(client, { url: server.url }, first.validators)).toEqual({
    kind: "unchanged",
  });
  expect(server.requests[1]?.headers["if-modified-since"]).toBe("Thu, 01 Jan 2026 00:00:00 GMT");
});

it("does not believe `unchanged` when it named no state", async () => {
  await using server = await listen((_, response) => response.writeHead(304).end());
  await expect(requestIfChanged(client, { url: server.url })).rejects.toMatchObject({ code: "STATUS" });
});

it("forgets validators that are absurdly long", async () => {
  await using server = await listen((_, response) => {
    response.writeHead(200, { etag: `"${"x".repeat(2000)}"` }).end();
  });
  const answer = await requestIfChanged(client, { url: server.url });
  if (answer.kind !== "changed") throw new Error("expected an answer");
  await answer.response.discard();
  expect(answer.validators).toEqual({});
});
