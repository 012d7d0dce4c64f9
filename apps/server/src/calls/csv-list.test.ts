import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { Endpoint } from "@pratique/api";
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import { pino } from "pino";
import { afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { Binder, expectCallers } from "../bind.ts";
import { answerWithProblems } from "../problem-reply.ts";
import { operator } from "../socket-app.ts";
import { Telemetry } from "../telemetry/telemetry.ts";
import type { CallEntry } from "./call-record.ts";

/** More than one page, and less than three. */
const ROWS = 300;
const PAGE = 200;

const listRows = {
  id: "listRows",
  method: "GET",
  path: "/rows",
  on: "self",
  summary: "",
  permission: "operator",
  audit: "read",
  csv: ["row"],
  query: z.strictObject({ limit: z.coerce.number().default(PAGE), cursor: z.string().exactOptional() }),
  reply: z.strictObject({
    items: z.array(z.strictObject({ row: z.number() })),
    nextCursor: z.string().nullable(),
    total: z.number(),
  }),
} as const satisfies Endpoint;

let app: FastifyInstance;
let logged: string[];
let recorded: CallEntry[];
/** The row at which the list fails. */
let failsAt: number;
let rows: number;

beforeEach(async () => {
  [logged, recorded, failsAt, rows] = [[], [], Number.POSITIVE_INFINITY, ROWS];
  const loggerInstance: FastifyBaseLogger = pino({}, { write: (line: string) => void logged.push(line) });
  app = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
  });
  answerWithProblems(app);
  expectCallers(app);
  const nothing = async () => undefined;
  const binder = new Binder(app, {
    authenticate: async () => operator,
    index: {
      host: nothing,
      image: nothing,
      container: nothing,
      launch: nothing,
      detection: nothing,
      exception: nothing,
      registry: nothing,
      approval: nothing,
    },
    record: { append: async (entry) => void recorded.push(entry) },
    answers: { take: async () => "taken", keep: nothing, release: nothing },
    desk: () => {
      throw new Error("nothing is put off");
    },
    telemetry: new Telemetry(undefined),
    refused: () => undefined,
  });
  binder.bind(listRows, async ({ query: { limit, cursor = "0" } }) => {
    const from = Number(cursor);
    const to = Math.min(from + limit, rows);
    if (failsAt < to) throw new Error("the disk is gone");
    const items = Array.from({ length: to - from }, (_, at) => ({ row: from + at }));
    return { items, nextCursor: to < rows ? String(to) : null, total: rows };
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
});
afterEach(async () => await app.close());

async function ask(): Promise<IncomingMessage> {
  const outgoing = request(`${app.listeningOrigin}/rows`, { agent: false, headers: { accept: "text/csv" } });
  outgoing.end();
  const [incoming]: IncomingMessage[] = await once(outgoing, "response");
  if (incoming === undefined) throw new Error("there is no response");
  return incoming;
}

async function read(incoming: IncomingMessage, into: string[] = []): Promise<string> {
  for await (const piece of incoming.setEncoding("utf8")) into.push(String(piece));
  return into.join("");
}

it("sends a list of several pages whole, and records it once", async () => {
  const text = await read(await ask());
  expect(text.trimEnd().split("\r\n")).toEqual([
    '"row"',
    ...Array.from({ length: ROWS }, (_, at) => `"${at}"`),
  ]);
  expect(recorded).toHaveLength(1);
});

it("ends as broken where it fails in the middle, and says so in the server's log", async () => {
  failsAt = PAGE + 1;
  const incoming = await ask();
  expect(incoming.statusCode).toBe(200);
  const got: string[] = [];
  await expect(read(incoming, got)).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(incoming.complete).toBe(false);
  expect(got.join("")).toContain('"199"');
  expect(logged.filter((line) => line.includes("a list broke off"))).toHaveLength(1);
  expect(logged.join("")).toContain("the disk is gone");
});

it("is refused as any call is where it fails before its first row", async () => {
  failsAt = 0;
  const incoming = await ask();
  expect([incoming.statusCode, incoming.headers["content-disposition"]]).toEqual([500, undefined]);
  expect(JSON.parse(await read(incoming))).toMatchObject({ code: "INTERNAL" });
});

it("ends as broken where there are more rows than a list may have", async () => {
  rows = 250_000;
  const got: string[] = [];
  await expect(read(await ask(), got)).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(got.join("")).toContain('"199999"');
  expect(logged.join("")).toContain("the list has over 200000 rows");
});
