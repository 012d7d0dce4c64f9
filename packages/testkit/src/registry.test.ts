import { expect, it } from "vitest";
import { layerOf } from "./image.ts";
import { startRegistry } from "./registry.ts";

const layer = layerOf([{ path: "a", content: "content" }], "gzip");

it("serves what was pushed to it", async () => {
  await using registry = await startRegistry();
  const { digest } = registry.push("library/a", "1", { layers: [layer] });
  const manifest = await fetch(`http://${registry.host}/v2/library/a/manifests/1`);
  expect(manifest.headers.get("docker-content-digest")).toBe(digest);
  const blob = await fetch(`http://${registry.host}/v2/library/a/blobs/${layer.digest}`, {
    headers: { range: "bytes=10-" },
  });
  expect(blob.status).toBe(206);
  expect(Buffer.from(await blob.arrayBuffer())).toEqual(layer.blob.subarray(10));
  expect((await fetch(`http://${registry.host}/v2/library/a/manifests/2`)).status).toBe(404);
});

it("lets in only those with a token", async () => {
  await using registry = await startRegistry({ kind: "token", username: "u", password: "p" });
  const refused = await fetch(`http://${registry.host}/v2/a/manifests/1`);
  expect(refused.status).toBe(401);
  expect(refused.headers.get("www-authenticate")).toContain('scope="repository:a:pull,push"');
  const authorization = `Basic ${Buffer.from("u:p").toString("base64")}`;
  const answer = await fetch(`http://${registry.host}/token`, { headers: { authorization } });
  const { token }: { readonly token: string } = JSON.parse(await answer.text());
  const headers = { authorization: `Bearer ${token}` };
  expect((await fetch(`http://${registry.host}/v2/`, { headers })).status).toBe(200);
});

it("breaks off where it was told to", async () => {
  await using registry = await startRegistry();
  registry.putBlob(layer.blob);
  registry.faults.breakBlobsAfter.push(5);
  const blob = await fetch(`http://${registry.host}/v2/a/blobs/${layer.digest}`);
  await expect(blob.arrayBuffer()).rejects.toThrow(/terminated/u);
});
