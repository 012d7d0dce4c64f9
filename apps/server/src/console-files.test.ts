import { mkdirSync, writeFileSync } from "node:fs";
import { brotliCompressSync } from "node:zlib";
import { tempDirectory } from "@pratique/testkit";
import { describe, expect, it } from "vitest";
import { testServer } from "./testdata/test-server.ts";

describe("the console's files", () => {
  it.each([
    ["/", 200, "the page", "no-cache"],
    ["/images/sha256:abc", 200, "the page", "no-cache"],
    ["/launches/log.12", 200, "the page", "no-cache"],
    ["/signin", 200, "the page", "no-cache"],
    ["/assets/app-1.js", 200, "the script", "public, max-age=31536000, immutable"],
    ["/assets/missing.js", 404, "NOT_FOUND", undefined],
    ["/api/v1/nothing", 404, "NOT_FOUND", "no-store"],
    ["/agent/v1/nothing", 404, "NOT_FOUND", undefined],
    ["/operator/v1/sign-in-link", 404, "NOT_FOUND", undefined],
    ["/hooks/registry/main", 404, "NOT_FOUND", undefined],
    ["/audit/v1/nothing", 404, "NOT_FOUND", undefined],
    ["/audit/17", 200, "the page", "no-cache"],
    ["/../secret.txt", 400, "REQUEST_MALFORMED", undefined],
    ["/%2e%2e/secret.txt", 400, "REQUEST_MALFORMED", undefined],
    ["/..%2fsecret.txt", 400, "REQUEST_MALFORMED", undefined],
    ["/%zz", 400, "REQUEST_MALFORMED", undefined],
    ["/.hidden", 400, "REQUEST_MALFORMED", undefined],
  ])("%s answers %i with %s", async (path, status, text, caching) => {
    using directory = tempDirectory();
    mkdirSync(directory.at("console", "assets"), { recursive: true });
    writeFileSync(directory.at("secret.txt"), "the secret");
    writeFileSync(directory.at("console", "index.html"), "the page");
    writeFileSync(directory.at("console", ".hidden"), "the secret");
    writeFileSync(directory.at("console", "assets", "app-1.js"), "the script");
    await using server = await testServer({ consoleDirectory: directory.at("console") });
    const reply = await server.call(path);
    expect(reply.status).toBe(status);
    expect(reply.text).toContain(text);
    expect(reply.headers["cache-control"]).toBe(caching);
  });

  it.each([
    ["br", "br", "compressed"],
    ["gzip, deflate, br, zstd", "br", "compressed"],
    ["gzip", undefined, "the script"],
    ["identity", undefined, "the script"],
  ])("come as a browser that takes %s can read them", async (accepted, encoding, text) => {
    using directory = tempDirectory();
    mkdirSync(directory.at("console", "assets"), { recursive: true });
    writeFileSync(directory.at("console", "index.html"), "the page");
    writeFileSync(directory.at("console", "assets", "app-1.js"), "the script");
    writeFileSync(directory.at("console", "assets", "app-1.js.br"), brotliCompressSync("compressed"));
    await using server = await testServer({ consoleDirectory: directory.at("console") });
    const reply = await server.call("/assets/app-1.js", { headers: { "accept-encoding": accepted } });
    expect([reply.headers["content-encoding"], reply.headers["cache-control"]]).toEqual([
      encoding,
      "public, max-age=31536000, immutable",
    ]);
    expect(reply.headers["content-type"]).toMatch(/javascript/u);
    expect(encoding === "br" || reply.text === text).toBe(true);
  });

  it("are not missed where there are none", async () => {
    await using server = await testServer({ consoleDirectory: "/nonexistent" });
    expect((await server.call("/")).json).toMatchObject({ code: "NOT_FOUND" });
  });
});
