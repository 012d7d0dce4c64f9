import { GateError } from "../../errors.ts";
import { type GoValue, readGoJson } from "./go-json.ts";
import { type EngineTarget, readTarget } from "./target.ts";

/** A call of the engine's API as a door hands it on. */
export interface EngineRequest {
  readonly method: string;
  /** The raw request target. */
  readonly uri: string;
  /** One value per name: the last. Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** Empty where the engine kept the body to itself. */
  readonly body: Uint8Array;
  /** The common name of the client's TLS certificate; empty on the Unix socket. */
  readonly caller: string;
}

/** A call whose every part was read as the engine reads it. */
export interface ReadRequest {
  readonly target: EngineTarget;
  /** Undefined where there is none, or where the engine does not show it. */
  readonly body: GoValue | undefined;
}

export interface ReadRequestOptions {
  /** Refuses keys that the engine's API does not have; by default it does. */
  readonly strictKeys?: boolean;
}

const JSON_TYPE = "application/json";
/** Go's `ParseForm` would take parameters from such a body, and they would win over those of the query. */
const FORM_TYPES: ReadonlySet<string> = new Set(["application/x-www-form-urlencoded", "multipart/form-data"]);
/** The engine takes a body of a start of up to this length for none; `null` and `{}` come from old clients. */
const MAX_EMPTY_BODY = 7;
const ASCII = /^\p{ASCII}*$/u;

/** Reads target and body of a call. Throws GateError where gate and engine could read two things. */
export function readRequest(request: EngineRequest, options: ReadRequestOptions = {}): ReadRequest {
  const target = readTarget(request.method, request.uri);
  const { routeClass } = target.route;
  if (routeClass === "read") return { target, body: undefined };
  refuseForms(request);
  switch (target.route.body) {
    case "stream":
    case "ignored":
      return { target, body: undefined };
    case "none":
      refuseBody(request);
      return { target, body: undefined };
    case "json":
    case "optional-json":
      return { target, body: readBody(request, target, options) };
  }
}

function readBody(
  request: EngineRequest,
  { route }: EngineTarget,
  { strictKeys = true }: ReadRequestOptions,
): GoValue | undefined {
  const announced = announcedLength(request);
  if (request.body.byteLength > 0) {
    if (mediaType(request) !== JSON_TYPE) {
      throw new GateError("CONTENT_TYPE_REFUSED", `expected a body of type ${JSON_TYPE}`);
    }
    if (announced !== undefined && announced !== request.body.byteLength) {
      throw new GateError("BODY_UNSEEN", "the engine showed only a part of the body");
    }
    return readGoJson(request.body, route.shape, { strict: strictKeys });
  }
  // CVE-2024-41110 and CVE-2026-34040: the engine acts on a body that it did not show.
  if (route.body === "json" || (announced !== undefined && announced > 0)) {
    const found = mediaType(request);
    throw new GateError(
      "BODY_UNSEEN",
      `the engine showed no body; the gate must see one of type ${JSON_TYPE} and below 1 MiB, found type ${JSON.stringify(found)}`,
    );
  }
  return undefined;
}

function refuseForms(request: EngineRequest): void {
  if (FORM_TYPES.has(mediaType(request)) && announcedLength(request) !== 0) {
    throw new GateError("CONTENT_TYPE_REFUSED", "expected parameters in the query, found a form in the body");
  }
}

function refuseBody(request: EngineRequest): void {
  if (Math.max(announcedLength(request) ?? 0, request.body.byteLength) > MAX_EMPTY_BODY) {
    throw new GateError("BODY_MALFORMED", "expected no body");
  }
}

/** As `mime.ParseMediaType`, parameters aside, which takes other characters for blanks than JavaScript does. */
function mediaType({ headers }: EngineRequest): string {
  const [type = ""] = (headers.get("content-type") ?? "").split(";", 1);
  if (!ASCII.test(type)) throw new GateError("CONTENT_TYPE_REFUSED", "expected a type of ASCII characters");
  return type.trim().toLowerCase();
}

/** Undefined where the length is not announced, as with a chunked body. */
function announcedLength({ headers }: EngineRequest): number | undefined {
  const text = headers.get("content-length");
  if (text === undefined) return undefined;
  const length = Number(text);
  if (!Number.isSafeInteger(length) || length < 0) {
    throw new GateError("BODY_MALFORMED", `expected a length, found ${JSON.stringify(text.slice(0, 40))}`);
  }
  return length;
}
