import type { AuditClass } from "@pratique/core";
import type { z } from "zod";

/** What a caller must be allowed to do. `public` needs nobody, `session` anybody who is signed in. */
export type Permission =
  | "public"
  | "session"
  | "overview.read"
  | "images.read"
  | "launches.read"
  | "host.read"
  | "agent.ingest"
  | "agent.sign-in-link";

/** One operation of the API, as a value that server, client and document are made from. */
export interface Endpoint {
  /** Unique; the `operationId` of the OpenAPI document. */
  readonly id: string;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Parameters are written `{name}` and never hold a slash. */
  readonly path: string;
  readonly summary: string;
  readonly permission: Permission;
  /** The class of the record that a successful call leaves, or `none` where it changes nothing. */
  readonly audit: AuditClass | "none";
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Absent: 204, or a stream of events where `stream` is given. */
  readonly reply?: z.ZodType;
  /** Each event of a `text/event-stream` reply. */
  readonly stream?: z.ZodType;
}

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;
type Written<Schema> = Schema extends z.ZodType ? z.input<Schema> : undefined;
type Member<E, Key extends string> = E extends { readonly [K in Key]: infer Schema } ? Schema : undefined;

/** What a handler is given, checked. */
export type ParamsOf<E extends Endpoint> = Parsed<Member<E, "params">>;
export type QueryOf<E extends Endpoint> = Parsed<Member<E, "query">>;
export type BodyOf<E extends Endpoint> = Parsed<Member<E, "body">>;
/** What a handler answers and a client receives. */
export type ReplyOf<E extends Endpoint> = Parsed<Member<E, "reply">>;
/** What a client writes, defaults left out. */
export type QueryInputOf<E extends Endpoint> = Written<Member<E, "query">>;

/**
 * The path, with query, to call an endpoint. Each parameter is percent-encoded; members of the query that are
 * undefined are left out. A parameter that is missing stays empty and fails on the server.
 */
export function pathOf(
  endpoint: Pick<Endpoint, "path">,
  params: Readonly<Record<string, string>> = {},
  query: Readonly<Record<string, string | number | undefined>> = {},
): string {
  const path = endpoint.path.replaceAll(/\{(\w+)\}/gu, (_, name: string) =>
    encodeURIComponent(params[name] ?? ""),
  );
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  return pairs.length === 0 ? path : `${path}?${pairs.join("&")}`;
}
