import { isUtf8 } from "node:buffer";
import { KiB, MiB, messageOf } from "@pratique/core";
import type { Decision } from "../../decision.ts";
import { GateError } from "../../errors.ts";
import { type Fields, isFields, numberIn, objectIn, textIn } from "../../json-fields.ts";
import type { Question } from "./question-reader.ts";
import type { EngineRequest } from "./request.ts";

/** The engine shows bodies of up to 4 MiB, here in base64, and headers of up to 1 MiB. */
const MAX_MESSAGE_BYTES = 8 * MiB;
/** The answers that matter are short. */
const MAX_REPLY_BYTES = 256 * KiB;

const ASKS = "/AuthZPlugin.AuthZReq";
const REPORTS = "/AuthZPlugin.AuthZRes";

/** The name under which the engine's plugin protocol knows the door. */
const ACTIVATION = JSON.stringify({ Implements: ["authz"] });
const ALLOWED = JSON.stringify({ Allow: true });

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
   * Resolves when everything is on the disk without which nobody may hear that a call has been carried out, at once where
   * it is, and the containers that it has started have what was judged. Rejects where it cannot be brought there, with
   * `MOUNTS_NOT_AS_JUDGED` where they have not. The reply is read only where something is waited for.
   */
  settled(reply: () => EngineReply | undefined): Promise<void>;
  /**
   * Hears of a call that has been carried out, before it is asked about any other; undefined where it cannot be read
   * which. Never throws.
   */
  ended(reply: EngineReply | undefined): void;
}

/** What the engine is answered. */
export interface PluginAnswer {
  readonly status: 200 | 400 | 404;
  readonly text: string;
  /** To be run once the answer is on its way, and before anything else is read. */
  readonly afterwards?: () => void;
}

/** How much of what the engine says is looked at. */
export function keptBytes(path: string): number {
  return path === REPORTS ? MAX_REPLY_BYTES : MAX_MESSAGE_BYTES;
}

/** Answers the engine's authorization plugin protocol, v1 (moby, docs "Access authorization plugin"). */
export async function answerEngine(
  { path, body }: Question,
  listener: EngineListener,
): Promise<PluginAnswer> {
  switch (path) {
    case "/Plugin.Activate":
      return { status: 200, text: ACTIVATION };
    case REPORTS:
      // The call has been carried out; whatever it was, its caller need not wait until that is read.
      return {
        status: 200,
        text: await answerReport(body, listener),
        afterwards: () => listener.ended(readReply(body)),
      };
    case ASKS:
      return { status: 200, text: await answerRequest(body, listener) };
    default:
      return { status: 404, text: "" };
  }
}

async function answerRequest(body: Uint8Array | undefined, listener: EngineListener): Promise<string> {
  try {
    if (body === undefined) {
      throw new GateError("LIMIT_REACHED", `the engine's message is larger than ${MAX_MESSAGE_BYTES} bytes`);
    }
    const { allow, message } = await listener.decide(readMessage(body));
    return allow ? ALLOWED : JSON.stringify({ Allow: false, Msg: message });
  } catch (thrown) {
    return JSON.stringify({ Allow: false, Msg: `no verdict: ${messageOf(thrown)}` });
  }
}

/** A caller who hears of a failure here knows that what was done may be missing in the record. */
async function answerReport(body: Uint8Array | undefined, listener: EngineListener): Promise<string> {
  try {
    await listener.settled(() => readReply(body));
    return ALLOWED;
  } catch (thrown) {
    if (thrown instanceof GateError && thrown.code === "MOUNTS_NOT_AS_JUDGED")
      return JSON.stringify({ Allow: false, Msg: thrown.message });
    return JSON.stringify({
      Allow: false,
      Msg: `the call was carried out, but not recorded: ${messageOf(thrown)}`,
    });
  }
}

/** Undefined where it cannot be read. Nothing is decided by it, so a long one is passed over rather than refused. */
function readReply(body: Uint8Array | undefined): EngineReply | undefined {
  if (body === undefined) return undefined;
  try {
    const fields = parse(body);
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
  // A buffer's own decoder is the fastest, but takes what is not UTF-8 for U+FFFD.
  if (!isUtf8(bytes)) throw new GateError("MESSAGE_MALFORMED", "expected UTF-8 from the engine");
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  try {
    const value: unknown = JSON.parse(text);
    if (isFields(value)) return value;
  } catch (cause) {
    throw new GateError("MESSAGE_MALFORMED", "expected JSON from the engine", { cause });
  }
  throw new GateError("MESSAGE_MALFORMED", "expected an object from the engine");
}

function lowerCaseNames(headers: Fields): ReadonlyMap<string, string> {
  return new Map(Object.keys(headers).map((name) => [name.toLowerCase(), textIn(headers, name)]));
}
