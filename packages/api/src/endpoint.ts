import type { AuditClass, Permission } from "@pratique/core";
import type { z } from "zod";

/**
 * What a caller must be allowed to do. `public` needs nobody and `session` anybody who is signed in; `agent` is a host
 * with its own certificate, and `operator` whoever may open the server's socket on its own machine. `registry` is a
 * registry that proves, over the very bytes of the body and in the way of its kind, that it knows the secret it was
 * given: the handler is where that is seen. Every other permission is one that roles hold.
 */
export type EndpointPermission = "public" | "session" | "agent" | "operator" | "registry" | Permission;

/**
 * What a call acts upon, as far as scopes can tell: the guard finds the resource by the parameter of that name before
 * the handler runs. `installation` belongs to no part of the fleet, so that only scopes without limits cover it. A
 * `list` shows what the caller may see of it. `self` is the caller's own. `body`: the handler's binding says which
 * part of the fleet the body speaks of.
 */
export type EndpointTarget =
  | "installation"
  | "list"
  | "self"
  | "body"
  | "host"
  | "image"
  | "container"
  | "launch"
  | "detection"
  | "exception"
  | "registry"
  | "approval";

/** One operation of the API, as a value that server, client and document are made from. */
export interface Endpoint {
  /** Unique; the `operationId` of the OpenAPI document. */
  readonly id: string;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Parameters are written `{name}` and never hold a slash; `{+name}`, which ends a path, holds the rest of it. */
  readonly path: string;
  readonly summary: string;
  readonly permission: EndpointPermission;
  readonly on: EndpointTarget;
  /**
   * The class of the records that a call leaves: of its intent before anything is done, and of its outcome; for a
   * read, one record of who read what. `none` for reads that tell nothing sensitive, and for what agents and registries
   * send, which has records of its own.
   */
  readonly audit: AuditClass | "none";
  /** Members of the body that may stand in the record as they are; all others are left out. */
  readonly recorded?: readonly string[];
  /** Members of the query that stay out of the record, which nobody can erase: they may name people. */
  readonly unrecorded?: readonly string[];
  /**
   * The caller says in `If-Match` which revision it changes; without it the call is refused, or, where that is
   * `optional`, changes whatever is there.
   */
  readonly conditional?: true | "optional";
  /** Columns of the list as CSV, as paths into an item: a caller that accepts `text/csv` gets the whole list. */
  readonly csv?: readonly string[];
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** The body is bytes of any media type, as they were sent, up to so many; absent for JSON. */
  readonly bodyBytes?: number;
  /** Absent: 204, or what `stream` or `content` says. */
  readonly reply?: z.ZodType;
  /** The media type of an answer that is no JSON, which the handler sends as it is. */
  readonly content?: string;
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
  const path = fillPath(endpoint, (name, isRest) => {
    const value = params[name] ?? "";
    return isRest ? value.split("/").map(encodeURIComponent).join("/") : encodeURIComponent(value);
  });
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  return pairs.length === 0 ? path : `${path}?${pairs.join("&")}`;
}

/** The path with something else in place of each parameter. */
export function fillPath(
  { path }: Pick<Endpoint, "path">,
  fill: (name: string, isRest: boolean) => string,
): string {
  return path.replaceAll(/\{(\+?)(\w+)\}/gu, (_, rest: string, name: string) => fill(name, rest !== ""));
}
