import { expect, it } from "vitest";
import { linksWithoutTls } from "./links-without-tls.ts";

interface Links {
  readonly witness?: string;
  readonly database?: string;
  readonly nats?: string;
  readonly natsTls?: object;
  readonly environment?: Record<string, string>;
}

function linesFor({ witness, database, nats, natsTls, environment = {} }: Links): readonly string[] {
  const bus = { nats: { servers: [nats ?? ""], ...(natsTls !== undefined && { tls: natsTls }) } };
  return linksWithoutTls(
    {
      witnesses: witness === undefined ? [] : [{ url: witness, key: "w+1+a" }],
      database: () => database,
      bus: nats === undefined ? {} : bus,
    },
    environment,
  );
}

it.each<[string, Links, RegExp]>([
  ["a witness", { witness: "http://10.0.0.7:8444" }, /^the witness at 10\.0\.0\.7 is asked without TLS/u],
  ["a database", { database: "postgres://u:p@db.example/x" }, /^PostgreSQL at db\.example has no sslmode/u],
  [
    "a database that may do without",
    { database: "postgres://db.example/x?sslmode=prefer" },
    /sslmode=prefer/u,
  ],
  ["one that proves nothing", { database: "postgres://db.example/x?sslmode=no-verify" }, /verify-full/u],
  [
    "a second database",
    { database: "postgres://u:p@localhost,db.example/x" },
    /at db\.example has no sslmode/u,
  ],
  ["one named aside", { database: "postgres://localhost/x?host=db.example" }, /at db\.example/u],
  ["NATS", { nats: "nats://nats.example:4222" }, /^NATS at nats\.example is reached without TLS/u],
])("warns of %s on another host", (_, links, line) => {
  const lines = linesFor(links);
  expect(lines).toEqual([expect.stringMatching(line)]);
  expect(lines.join("")).not.toContain("u:p");
});

it.each<[string, Links]>([
  ["nothing", {}],
  ["a witness with TLS", { witness: "https://witness.example" }],
  ["a witness here", { witness: "http://127.0.0.1:8444" }],
  ["a witness here by name", { witness: "http://localhost:8444" }],
  ["a witness here by IPv6", { witness: "http://[::1]:8444" }],
  ["a database that proves its name", { database: "postgres://db.example/x?sslmode=verify-full" }],
  [
    "one that the environment has prove it",
    {
      database: "postgres://db.example/x",
      environment: { PGSSLMODE: "verify-full" },
    },
  ],
  ["a database here", { database: "postgres://127.0.0.1/x" }],
  ["a socket", { database: "postgres:///x?host=/run/postgresql" }],
  ["NATS over TLS", { nats: "tls://nats.example:4222" }],
  ["NATS with an authority", { nats: "nats://nats.example:4222", natsTls: { caFile: "ca.pem" } }],
  ["NATS here", { nats: "nats://localhost:4222" }],
])("is silent about %s", (_, links) => {
  expect(linesFor(links)).toEqual([]);
});
