import { once } from "node:events";
import { connect } from "node:net";
import { type Push, pushDialects } from "@pratique/oci";
import { expect, it } from "vitest";
import { startPushReceiver } from "./push-receiver.ts";

const secret = "a secret of the registry";
const [dialect] = pushDialects.filter(({ name }) => name === "distribution");
const body = JSON.stringify({ events: [{ action: "push", target: { repository: "a", tag: "1" } }] });

async function start(onPushes: (pushes: readonly Push[]) => boolean) {
  if (dialect === undefined) throw new Error("it is not in the list");
  const receiver = await startPushReceiver({ host: "127.0.0.1", port: 0, dialect, secret, onPushes });
  const url = `http://127.0.0.1:${receiver.port}/?token=`;
  const post = async (token: string, text: string | Uint8Array<ArrayBuffer>, method = "POST") =>
    (await fetch(url + encodeURIComponent(token), { method, ...(method === "POST" && { body: text }) }))
      .status;
  return { receiver, post };
}

it("answers by what it is told", async () => {
  const heard: Push[] = [];
  const { receiver, post } = await start((pushes) => heard.push(...pushes) < 2);
  await using _ = receiver;
  expect(await post("wrong", body)).toBe(401);
  expect(await post(secret, "no JSON")).toBe(400);
  expect(await post(secret, "", "GET")).toBe(405);
  expect(await post(secret, body)).toBe(202);
  expect(await post(secret, body)).toBe(503);
  expect(heard).toEqual([
    { repository: "a", tag: "1" },
    { repository: "a", tag: "1" },
  ]);
});

it("reads no more of a body than an honest one has, and outlives a sender that breaks off", async () => {
  const { receiver, post } = await start(() => true);
  await using _ = receiver;
  const long = await post(secret, new Uint8Array(3_000_000)).catch(() => "broken off");
  expect([413, "broken off"]).toContain(long);
  const socket = connect(receiver.port, "127.0.0.1");
  await once(socket, "connect");
  socket.write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf");
  socket.destroy();
  expect(await post(secret, body)).toBe(202);
});
