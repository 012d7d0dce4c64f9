import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Http2Server } from "node:http2";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { askContainerdImage } from "./containerd-image.ts";

const field = (number: number, content: Buffer | string): Buffer => {
  const bytes = Buffer.from(content);
  const length = bytes.length < 128 ? [bytes.length] : [(bytes.length & 0x7f) | 0x80, bytes.length >> 7];
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes]);
};
const label = field(
  2,
  Buffer.concat([field(1, "io.containerd.image.config.stop-signal"), field(2, "SIGTERM")]),
);
const framed = (message: Buffer) => {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
};
const container = field(
  1,
  Buffer.concat([field(1, "shop"), label, field(3, "docker.io/library/web:1"), field(5, "x".repeat(5000))]),
);

describe("askContainerdImage", () => {
  let directory = "";
  let socketPath = "";
  let server: Http2Server;
  let asked: readonly unknown[] = [];
  let answer = framed(container);

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "ctrd-"));
    socketPath = path.join(directory, "containerd.sock");
    server = createServer();
    server.on("stream", async (stream, headers) => {
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      asked = [headers[":path"], headers["containerd-namespace"], Buffer.concat(chunks)];
      stream.respond({ ":status": 200, "content-type": "application/grpc" });
      stream.end(answer);
    });
    server.listen(socketPath);
    await once(server, "listening");
  });

  afterEach(async () => {
    server.close();
    await rm(directory, { recursive: true });
  });

  const ask = (signal = AbortSignal.timeout(20_000)) =>
    askContainerdImage({ namespace: "default", id: "shop" }, signal, socketPath);

  it("asks for the container in its namespace, and reads its image", async () => {
    answer = framed(container);
    expect(await ask()).toBe("docker.io/library/web:1");
    expect(asked).toEqual([
      "/containerd.services.containers.v1.Containers/Get",
      "default",
      framed(field(1, "shop")),
    ]);
  });

  it("gives nothing for a container without an image", async () => {
    answer = framed(field(1, field(1, "shop")));
    expect(await ask()).toBe("");
  });

  it.each([
    ["no container", Buffer.alloc(0)],
    ["a message that breaks off", framed(container).subarray(0, 40)],
    ["something else", Buffer.alloc(300, 0xff)],
  ])("rejects for %s", async (_, bytes) => {
    answer = bytes;
    await expect(ask()).rejects.toThrow("does not know the container");
  });

  it("rejects where nobody listens, and where it is to wait no longer", async () => {
    const away = path.join(directory, "none");
    await expect(
      askContainerdImage({ namespace: "a", id: "b" }, AbortSignal.timeout(20_000), away),
    ).rejects.toThrow("ENOENT");
    await expect(ask(AbortSignal.abort())).rejects.toThrow("abort");
  });
});
