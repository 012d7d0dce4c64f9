import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { contextIn } from "../testdata/context-in.ts";
import { type RecordFlags, runtimeRecord } from "./runtime-record.ts";

interface Given {
  /** What an agent answers; there is none where it is absent. */
  readonly answer?: (socket: Socket, request: string) => void;
  readonly flags?: Partial<RecordFlags>;
  readonly before?: string;
}

/** Records until something was written, where the agent does not end before. */
async function record({ answer, flags = {}, before }: Given) {
  using directory = tempDirectory();
  const { context, console } = await contextIn(directory);
  const output = directory.at("a.rec");
  if (before !== undefined) {
    writeFileSync(output, before);
    chmodSync(output, 0o644);
  }
  const server = createServer((socket) =>
    socket.once("data", (request) => answer?.(socket, String(request))),
  );
  const socketPath = context.settings.layout.runtimeSocket;
  mkdirSync(path.dirname(socketPath), { recursive: true });
  if (answer !== undefined) await once(server.listen(socketPath), "listening");
  const isWritten = () => existsSync(output) && !["", before].includes(readFileSync(output, "utf8"));
  // It is over once something was written.
  const patient: typeof context = {
    ...context,
    sleep: async (_, signal) => {
      while (signal?.aborted !== true && !isWritten()) await sleep(10);
      await sleep(50);
    },
  };
  try {
    const code = await runtimeRecord(patient, { output, for: "1s", ...flags }).catch((error: Error) => error);
    const kept = existsSync(output)
      ? { text: readFileSync(output, "utf8"), mode: statSync(output).mode & 0o777 }
      : undefined;
    return { code, kept, said: console.said, printed: console.printed.join("") };
  } finally {
    server.close();
  }
}

const line = (value: object) => `${JSON.stringify(value)}\n`;
const piece = (text: string) => line({ recording: Buffer.from(text).toString("base64") });

it("keeps what it is told until it is over, for its owner alone", async () => {
  const { code, kept, said } = await record({
    answer: (socket) => socket.write(`${piece("head ")}${piece("more")}`),
    before: "what was there before, and was longer",
  });
  expect([code, kept]).toEqual([0, { text: "head more", mode: 0o600 }]);
  expect(said).toEqual([expect.stringContaining("a.rec: 9 bytes, for its owner alone")]);
});

it("says how much was left out, and does not call that whole", async () => {
  const answer = (socket: Socket) => socket.write(`${piece("head")}${line({ missed: 7 })}${piece("more")}`);
  const { code, said } = await record({ answer });
  expect([code, said[1]]).toEqual([3, expect.stringContaining("7 pieces were left out")]);
  const { printed } = await record({ answer, flags: { json: true } });
  expect(JSON.parse(printed)).toEqual({ file: expect.any(String), bytes: 8, leftOut: 7 });
});

it("asks for what rules need", async () => {
  using directory = tempDirectory();
  const file = directory.at("own.yaml");
  const condition = "evt.type = ptrace and proc.env contains x";
  writeFileSync(file, `- rule: r\n  desc: d\n  condition: ${condition}\n  output: o\n  priority: INFO\n`);
  let asked: unknown;
  await record({
    answer: (socket, request) => {
      asked = JSON.parse(request);
      socket.write(piece("head"));
    },
    flags: { rules: [file] },
  });
  expect(asked).toEqual({
    command: "record",
    eventTypes: ["ptrace"],
    hostEventTypes: ["ptrace"],
    environment: true,
  });
});

it.each([
  ["no agent", undefined, "RUNTIME_UNAVAILABLE"],
  ["an agent that refuses", (socket: Socket) => socket.end(line({ error: "not now" })), "RUNTIME_REFUSED"],
  ["an agent that ends", (socket: Socket) => socket.end(), "PART_FAILED"],
])("leaves the file as it was where there is %s", async (_, answer, code) => {
  const given = answer === undefined ? {} : { answer };
  const left = await record({ ...given, before: "precious" });
  expect([left.code, left.kept?.text]).toEqual([expect.objectContaining({ code }), "precious"]);
  expect((await record(given)).kept).toBeUndefined();
});

it("says so where the agent ends before it is over", async () => {
  const { code } = await record({ answer: (socket) => socket.end(piece("head")) });
  expect(code).toMatchObject({ code: "PART_FAILED", message: expect.stringContaining("ended before") });
});

it.each([
  [{ for: "0s" }, "above zero"],
  [{ for: "soon" }, "such as 90s"],
  [{ output: "/none/a.rec" }, "cannot be written"],
  [{ rules: ["/none/own.yaml"] }, "cannot read"],
])("refuses %j", async (flags, reason) => {
  const { code } = await record({ answer: (socket) => socket.write(piece("head")), flags });
  expect(code).toMatchObject({ message: expect.stringContaining(reason) });
});
