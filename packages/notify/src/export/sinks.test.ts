import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { verifySignature } from "../signature.ts";
import { effectsOf, listenHttp, listenStream, recordsOf } from "../testdata/peers.ts";
import { SqliteStore } from "../testdata/sqlite-store.ts";
import type { ExportLine } from "./export-sink.ts";
import { Exporter } from "./exporter.ts";
import { fileSink } from "./file-sink.ts";
import { syslogSink } from "./syslog-sink.ts";
import { webhookSink } from "./webhook-sink.ts";

const { signal } = new AbortController();
const secret = "a shared secret of some length";
const lines: readonly ExportLine[] = [
  { sequence: 1, timeMs: 0, text: '{"action":"launch.denied"}' },
  { sequence: 2, timeMs: 1000, text: "forged\n<0>1 - - - - - - \u001b[2J" },
];

function code(expected: string) {
  return expect.objectContaining({ name: "NotifyError", code: expected });
}

it("sends the log over TLS to a syslog receiver, each line whole", async () => {
  await using server = await listenStream();
  const long = { sequence: 3, timeMs: 2000, text: "ü".repeat(100_000) };
  await syslogSink({ host: "localhost", port: server.port }, effectsOf()).send([...lines, long], signal);
  const records = recordsOf(server.text());
  expect(records).toHaveLength(3);
  expect(records[0]).toBe(
    '<110>1 1970-01-01T00:00:00.000Z pratique.example pratique - audit [pratique@32473 sequence="1"] \ufeff{"action":"launch.denied"}',
  );
  expect(records[1]).toContain("forged\\u000a<0>1");
  expect(records[2]).toContain(long.text);
});

it("sends the log as signed lines to a web hook", async () => {
  await using server = await listenHttp((response) => response.writeHead(204).end());
  await webhookSink({ url: server.url, secret }, effectsOf()).send(lines, signal);
  const { headers = {}, body = "" } = server.requests[0] ?? {};
  expect(body.split("\n")).toHaveLength(3);
  expect(headers).toEqual(
    expect.objectContaining({ "pratique-first-sequence": "1", "pratique-last-sequence": "2" }),
  );
  const timestamp = Number(headers["pratique-timestamp"]);
  const signature = String(headers["pratique-signature"]);
  expect(verifySignature(secret, { timestamp, body, signature }, { nowSeconds: timestamp })).toBe(true);
});

it.each([
  ["refuses", 500, "CHANNEL_REFUSED"],
  ["redirects", 307, "CHANNEL_REFUSED"],
])("moves no cursor where a web hook %s", async (_, status, expected) => {
  await using server = await listenHttp((response) => response.writeHead(status, { location: "/" }).end());
  using store = new SqliteStore(":memory:");
  const exporter = new Exporter({
    name: "hook",
    sink: webhookSink({ url: server.url, secret }, effectsOf()),
    source: { read: async () => lines, head: async () => 2 },
    cursors: store,
    now: () => 0,
    random: () => 0,
    sleep: async () => undefined,
  });
  await expect(exporter.step(signal)).rejects.toEqual(code(expected));
  expect(await store.loadCursor("hook")).toBe(0);
});

it("moves no cursor where a syslog receiver never reads, and goes on when one does", async () => {
  using store = new SqliteStore(":memory:");
  const common = {
    name: "siem",
    source: {
      read: async (after: number) => lines.filter(({ sequence }) => sequence > after),
      head: async () => 2,
    },
    cursors: store,
    now: () => 0,
    random: () => 0,
    sleep: async () => undefined,
    deadlineMs: 300,
  };
  await using deaf = await listenStream({ onSocket: (socket) => socket.pause() });
  const failing = new Exporter({
    ...common,
    sink: syslogSink({ host: "localhost", port: deaf.port }, effectsOf()),
  });
  await expect(failing.step(signal)).rejects.toEqual(code("CHANNEL_TIMED_OUT"));
  expect(await store.loadCursor("siem")).toBe(0);
  await using server = await listenStream();
  const working = new Exporter({
    ...common,
    deadlineMs: 30_000,
    sink: syslogSink({ host: "localhost", port: server.port }, effectsOf()),
  });
  expect(await working.step(signal)).toBe(2);
  expect(await store.loadCursor("siem")).toBe(2);
});

it("sends no log to an address that the operator does not permit", async () => {
  const effects = effectsOf({ addresses: "public" });
  for (const sink of [
    syslogSink({ host: "169.254.169.254" }, effects),
    webhookSink({ url: "https://localhost/", secret }, effects),
  ]) {
    await expect(sink.send(lines, signal)).rejects.toThrow(/expected an address that may be connected to/u);
  }
});

it("writes the log to files of bounded length that nobody else may read", async () => {
  using directory = tempDirectory();
  const sink = fileSink({ directory: directory.path, name: "audit.log", maxBytes: 50, maxFiles: 3 });
  for (let sequence = 1; sequence <= 6; sequence += 1) {
    await sink.send([{ sequence, timeMs: 0, text: `${sequence}`.repeat(60) }], signal);
  }
  expect(readdirSync(directory.path).sort()).toEqual(["audit.log", "audit.log.1", "audit.log.2"]);
  const read = (name: string) => readFileSync(path.join(directory.path, name), "utf8");
  expect(["audit.log", "audit.log.1", "audit.log.2"].map((name) => read(name)[0])).toEqual(["6", "5", "4"]);
  expect(statSync(path.join(directory.path, "audit.log")).mode & 0o777).toBe(0o600);
});

it("ends a line that a crash cut short before it writes on", async () => {
  using directory = tempDirectory();
  const file = path.join(directory.path, "audit.log");
  writeFileSync(file, "line 1\nline 2 was c");
  await fileSink({ directory: directory.path, name: "audit.log" }).send(lines, signal);
  expect(readFileSync(file, "utf8")).toBe(
    'line 1\nline 2 was c\n{"action":"launch.denied"}\nforged\\u000a<0>1 - - - - - - \\u001b[2J\n',
  );
});

it("follows no link, leaves its directory for no name, and says what it cannot write", async () => {
  using directory = tempDirectory();
  symlinkSync("/dev/null", path.join(directory.path, "link.log"));
  await expect(fileSink({ directory: directory.path, name: "link.log" }).send(lines, signal)).rejects.toEqual(
    code("FILE_UNWRITABLE"),
  );
  const missing = fileSink({ directory: path.join(directory.path, "missing"), name: "a" });
  await expect(missing.send(lines, signal)).rejects.toEqual(code("FILE_UNWRITABLE"));
  for (const name of ["../audit.log", "a/b", "..", ".", ""]) {
    expect(() => fileSink({ directory: directory.path, name })).toThrow(code("SETTINGS_INVALID"));
  }
});

it("keeps cursors and entries in a file across openings, all of a change or nothing", async () => {
  using directory = tempDirectory();
  const file = path.join(directory.path, "notify.sqlite");
  {
    using store = new SqliteStore(file);
    await store.saveCursor("a", 7);
    await store.commit({
      put: [
        { id: "x", value: "1" },
        { id: "y", value: "2" },
      ],
      remove: [],
    });
    // A value that is no text cannot be bound: nothing of its change may stay.
    const broken: string = JSON.parse("[]");
    await expect(
      store.commit({
        put: [
          { id: "z", value: "3" },
          { id: "w", value: broken },
        ],
        remove: ["x"],
      }),
    ).rejects.toThrow(/bound/u);
  }
  using store = new SqliteStore(file);
  expect(await store.loadCursor("a")).toBe(7);
  expect(await store.loadCursor("b")).toBe(0);
  expect(await store.load()).toEqual([
    { id: "x", value: "1" },
    { id: "y", value: "2" },
  ]);
});

it("says of a failure where it was, and nothing of a path, which is a secret", async () => {
  const where = "localhost:1";
  const hook = webhookSink({ url: `https://${where}/services/T0KEN`, secret }, effectsOf());
  const failure = await hook.send(lines, signal).catch((thrown: unknown) => thrown);
  expect(failure).toEqual(code("CHANNEL_UNREACHABLE"));
  expect(String(failure)).toContain(where);
  expect(String(failure)).not.toContain("T0KEN");
  const syslog = syslogSink({ host: "localhost", port: 1 }, effectsOf());
  await expect(syslog.send(lines, signal)).rejects.toEqual(code("CHANNEL_UNREACHABLE"));
});
