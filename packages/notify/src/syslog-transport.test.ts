import { severities } from "@pratique/core";
import { assert, constantFrom, dictionary, property, record, string } from "fast-check";
import { expect, it } from "vitest";
import { formatSyslog } from "./syslog-record.ts";
import { sendSyslogStream } from "./syslog-transport.ts";
import { effectsOf, listenStream, recordsOf } from "./testdata/peers.ts";

const { signal } = new AbortController();
const records = Array.from({ length: 2000 }, (_, index) => `record ${index} ${"ü".repeat(1000)}`);

it("sends many records to a receiver that reads, in order and whole", async () => {
  await using server = await listenStream();
  const target = { host: "localhost", port: server.port, tls: {} };
  await sendSyslogStream(records, { target, effects: effectsOf(), signal });
  expect(recordsOf(server.text())).toEqual(records);
});

it("does not call accepted what a receiver that goes away in the middle was sent", async () => {
  await using server = await listenStream({
    tls: false,
    onSocket: (socket) => socket.once("data", () => socket.destroy()),
  });
  const target = { host: "localhost", port: server.port };
  await expect(sendSyslogStream(records, { target, effects: effectsOf(), signal })).rejects.toThrow(
    /EPIPE|ECONNRESET|closed before/u,
  );
});

it("writes header fields that are empty as nothing", () => {
  const record = formatSyslog({
    facility: 0,
    severity: "unknown",
    timeMs: 0,
    hostName: "",
    appName: " ",
    messageId: "",
    enterprise: 1,
    data: {},
    text: "",
  });
  expect(record).toBe("<6>1 1970-01-01T00:00:00.000Z - _ - - - \ufeff");
});

const any = string({ unit: "binary" });
// RFC 5424 section 6, written down anew; the text is free but for controls.
const grammar =
  /^<\d{1,3}>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [!-~]{1,255} [!-~]{1,48} - [!-~]{1,32} (?:-|\[pratique@\d+(?: [!#-<>-\\^-~]{1,32}="(?:[^"\\\]\p{Cc}]|\\["\\\]])*")+\]) \ufeff[^\p{Cc}]*$/u;

it("keeps to the grammar, whatever it is to say", () => {
  const records = record({
    severity: constantFrom(...severities),
    hostName: any,
    appName: any,
    messageId: any,
    data: dictionary(any, any, { maxKeys: 4 }),
    text: any,
  });
  assert(
    property(records, (parts) => {
      expect(formatSyslog({ facility: 13, timeMs: 0, enterprise: 32_473, ...parts })).toMatch(grammar);
    }),
  );
});
