import type { IncomingMessage, ServerResponse } from "node:http";
import { KiB, MiB, messageOf } from "@pratique/core";
import type { Decision } from "../../decision-service.ts";
import { GateError } from "../../errors.ts";
import { type Fields, fieldsOf, isFields, numberIn, objectIn, textIn } from "../../json-fields.ts";
import type { EngineRequest } from "./request.ts";

/** The engine shows bodies of up to 4 MiB, here in base64, and headers of up to 1 MiB. */
const MAX_MESSAGE_BYTES = 8 * MiB;
/** The answers that matter are short. */
const MAX_REPLY_BYTES = 256 * KiB;
const CONTENT_TYPE = "application/vnd.docker.plugins.v1.2+json";

/** The name under which the engine's plugin protocol knows the door. */
const ACTIVATION = { Implements: ["authz"] };

/** What a call came to, as the engine tells it. */
export interface EngineReply {
  readonly method: string;
  /** The raw request target. */
  readonly uri: string;
  readonly status: number;
  /** Empty where the engine kept it to itself. */
  readonly body: Uint8Array;
}

/** Who stands behind the door. */
export interface EngineListener {
  decide(request: EngineRequest): Promise<Decision>;
  /**
   * Hears of a call that has been carried out, before its caller does; undefined where it cannot be read which.
   * What it gives is run once the caller has been answered. Never throws.
   */
  ended(reply: EngineReply | undefined): (() => void) | undefined;
}

interface AuthzAnswer {
  readonly Allow: boolean;
  readonly Msg?: string;
}

/** Answers the engine's authorization plugin protocol, v1 (moby, docs "Access authorization plugin"). */
export async function answerEngine(
  message: IncomingMessage,
  response: ServerResponse,
  listener: EngineListener,
): Promise<void> {
  switch (message.url) {
    case "/Plugin.Activate":
      message.resume();
      return send(response, ACTIVATION);
    case "/AuthZPlugin.AuthZRes":
      // The call has been carried out; its answer, if it is long, has been sent already.
      return answerReply(response, listener.ended(await readReply(message)));
    case "/AuthZPlugin.AuthZReq":
      return send(response, await answerRequest(message, listener));
    default:
      message.resume();
      response.writeHead(404).end();
  }
}

function answerReply(response: ServerResponse, afterwards: (() => void) | undefined): void {
  send(response, { Allow: true });
  afterwards?.();
}

async function answerRequest(message: IncomingMessage, listener: EngineListener): Promise<AuthzAnswer> {
  try {
    const decision = await listener.decide(readMessage(await readBody(message)));
    return decision.allow ? { Allow: true } : { Allow: false, Msg: decision.message };
  } catch (thrown) {
    return { Allow: false, Msg: `no verdict: ${messageOf(thrown)}` };
  }
}

/** Undefined where it cannot be read. Nothing is decided by it, so a long one is drained rather than refused. */
async function readReply(message: IncomingMessage): Promise<EngineReply | undefined> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of message) {
    if (!(chunk instanceof Uint8Array)) return undefined;
    total += chunk.byteLength;
    if (total <= MAX_REPLY_BYTES) chunks.push(chunk);
  }
  if (total > MAX_REPLY_BYTES) return undefined;
  try {
    const fields = parse(Buffer.concat(chunks, total));
    return {
      method: textIn(fields, "RequestMethod"),
      uri: textIn(fields, "RequestUri"),
      status: numberIn(fields, "ResponseStatusCode"),
      body: Buffer.from(textIn(fields, "ResponseBody"), "base64"),
    };
  } catch {
    // The listener takes it for any call.
    return undefined;
  }
}

/** Reads what the engine says of a call. Throws `MESSAGE_MALFORMED`. */
export function readMessage(bytes: Uint8Array): EngineRequest {
  if (bytes.length === 0) {
    // The engine repeats a call that a killed gate did not answer, but has sent its content already.
    throw new GateError(
      "MESSAGE_MALFORMED",
      "the gate was started anew while it judged this call: try again",
    );
  }
  const fields = parse(bytes);
  const method = textIn(fields, "RequestMethod");
  const uri = textIn(fields, "RequestUri");
  if (method === "" || uri === "") {
    throw new GateError("MESSAGE_MALFORMED", "expected a method and a request target from the engine");
  }
  return {
    method,
    uri,
    headers: lowerCaseNames(objectIn(fields, "RequestHeaders")),
    body: Buffer.from(textIn(fields, "RequestBody"), "base64"),
    caller: textIn(fields, "User"),
  };
}

function parse(bytes: Uint8Array): Fields {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (isFields(value)) return fieldsOf(value);
  } catch (cause) {
    throw new GateError("MESSAGE_MALFORMED", "expected JSON from the engine", { cause });
  }
  throw new GateError("MESSAGE_MALFORMED", "expected an object from the engine");
}

function lowerCaseNames(headers: Fields): ReadonlyMap<string, string> {
  return new Map(Object.keys(headers).map((name) => [name.toLowerCase(), textIn(headers, name)]));
}

async function readBody(message: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of message) {
    if (!(chunk instanceof Uint8Array)) throw new GateError("MESSAGE_MALFORMED", "expected bytes");
    total += chunk.byteLength;
    if (total > MAX_MESSAGE_BYTES) {
      throw new GateError("LIMIT_REACHED", `the engine's message is larger than ${MAX_MESSAGE_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, total);
}

function send(response: ServerResponse, answer: AuthzAnswer | typeof ACTIVATION): void {
  const bytes = Buffer.from(JSON.stringify(answer));
  response.writeHead(200, { "content-type": CONTENT_TYPE, "content-length": bytes.byteLength }).end(bytes);
}
