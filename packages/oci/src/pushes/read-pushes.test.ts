import { createHmac } from "node:crypto";
import { readdirSync } from "node:fs";
import { anything, assert, jsonValue, property, string, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import type { PushDialectName, PushRequest } from "./push-dialect.ts";
import { pushDialects } from "./push-dialects.ts";
import { readPushes } from "./read-pushes.ts";

const SECRET = "a long secret";
const pushed = [{ repository: "team/app", tag: "1.2" }];

interface Row {
  readonly name: PushDialectName;
  readonly document: unknown;
  readonly headers: (body: string) => PushRequest["headers"];
}

const bearer = () => ({ authorization: `Bearer ${SECRET}` });

const rows: readonly Row[] = [
  {
    name: "acr",
    headers: bearer,
    document: {
      action: "push",
      target: { repository: "team/app", tag: "1.2" },
      request: { host: "x.azurecr.io" },
    },
  },
  {
    name: "distribution",
    headers: bearer,
    document: {
      events: [
        { action: "push", target: { repository: "team/app", digest: "sha256:0" } },
        { action: "pull", target: { repository: "team/app", tag: "1.1" } },
        { action: "push", target: { repository: "team/app", tag: "1.2" } },
        null,
      ],
    },
  },
  {
    name: "docker-hub",
    headers: bearer,
    document: {
      push_data: { tag: "1.2", pusher: "x" },
      repository: { repo_name: "team/app" },
      callback_url: "x",
    },
  },
  {
    name: "ecr",
    headers: () => ({ "x-api-key": SECRET }),
    document: {
      source: "aws.ecr",
      "detail-type": "ECR Image Action",
      detail: { "action-type": "PUSH", result: "SUCCESS", "repository-name": "team/app", "image-tag": "1.2" },
    },
  },
  {
    name: "ghcr",
    headers: (body) => ({
      "x-hub-signature-256": `sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`,
    }),
    document: {
      action: "published",
      package: {
        name: "App",
        namespace: "team",
        package_type: "CONTAINER",
        package_version: { container_metadata: { tag: { name: "1.2" } } },
      },
    },
  },
  {
    name: "gitlab",
    headers: () => ({ "x-gitlab-token": SECRET }),
    document: { events: [{ action: "push", target: { repository: "team/app", tag: "1.2" } }] },
  },
  {
    name: "harbor",
    headers: () => ({ authorization: SECRET }),
    document: {
      type: "PUSH_ARTIFACT",
      event_data: { resources: [{ tag: "1.2" }, {}], repository: { repo_full_name: "team/app" } },
    },
  },
  {
    name: "quay",
    headers: bearer,
    document: { repository: "team/app", updated_tags: ["1.2", 7], docker_url: "quay.io/team/app" },
  },
];

function requestOf(text: string, headers: PushRequest["headers"] = {}, queryToken?: string): PushRequest {
  return { headers, queryToken, body: Buffer.from(text) };
}

describe.each(pushDialects)("$name", (dialect) => {
  const row = rows.find(({ name }) => name === dialect.name);
  const text = JSON.stringify(row?.document);

  it("reads a push of who knows the secret, and of nobody else", () => {
    const headers = row?.headers(text) ?? {};
    expect(readPushes(dialect, requestOf(text, headers), SECRET)).toEqual({ kind: "pushes", pushes: pushed });
    expect(readPushes(dialect, requestOf(text, headers), "another")).toEqual({ kind: "refused" });
    expect(readPushes(dialect, requestOf(text), SECRET)).toEqual({ kind: "refused" });
    const empty = Object.fromEntries(Object.keys(headers).map((name) => [name, ""]));
    expect(readPushes(dialect, requestOf(text, empty, ""), "")).toEqual({ kind: "refused" });
  });

  it("leaves out what is no push, and throws nothing for what it is given", () => {
    expect(dialect.read({ action: "delete", type: "DELETE_ARTIFACT", events: [] }) ?? []).toEqual([]);
    assert(
      property(jsonValue(), (value) => {
        dialect.read(value);
      }),
    );
    assert(
      property(anything(), (value) => {
        dialect.read(value);
      }),
    );
    assert(
      property(string(), uint8Array(), (header, body) => {
        const headers = { authorization: header, "x-hub-signature-256": header };
        expect(readPushes(dialect, { headers, queryToken: header, body }, SECRET).kind).toBe("refused");
      }),
    );
  });
});

it("takes the secret from the address where a registry can send no header", () => {
  const [hub] = pushDialects.filter(({ name }) => name === "docker-hub");
  const text = JSON.stringify(rows.find(({ name }) => name === "docker-hub")?.document);
  if (hub === undefined) throw new Error("it is not in the list");
  expect(readPushes(hub, requestOf(text, {}, SECRET), SECRET).kind).toBe("pushes");
});

it("lets through no name that is none, nor more of them than a bound", () => {
  const [distribution] = pushDialects.filter(({ name }) => name === "distribution");
  if (distribution === undefined) throw new Error("it is not in the list");
  const names = ["../../etc", "a b", "A", "ok", "x@sha256:0", "ok:1"];
  const events = names.map((repository) => ({ action: "push", target: { repository, tag: "1" } }));
  const many = Array.from({ length: 5000 }, () => ({
    action: "push",
    target: { repository: "many", tag: "1" },
  }));
  const read = (list: readonly unknown[]) =>
    readPushes(distribution, requestOf(JSON.stringify({ events: list }), bearer()), SECRET);
  expect(read(events)).toEqual({ kind: "pushes", pushes: [{ repository: "ok", tag: "1" }] });
  expect(read(many)).toMatchObject({ pushes: { length: 1000 } });
  expect(readPushes(distribution, requestOf("no JSON", bearer()), SECRET)).toEqual({ kind: "malformed" });
});

it("lists every form, sorted by name", () => {
  const files = readdirSync(new URL("./dialects/", import.meta.url)).map((file) =>
    file.replace(/\.ts$/u, ""),
  );
  expect(pushDialects.map(({ name }) => name)).toEqual(files.toSorted());
});
