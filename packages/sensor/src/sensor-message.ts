import { parseJson } from "@pratique/core";
import { SensorError } from "./errors.ts";

/** A message of the native sensor: an answer with the number of its command, or something that it tells unasked. */
export type SensorMessage = ReplyMessage | EventMessage;

export interface ReplyMessage {
  readonly kind: "reply";
  readonly id: number;
  readonly ok: boolean;
  /** Why it was refused. */
  readonly error: string;
  readonly body: MessageBody;
}

interface EventMessage {
  readonly kind: "event";
  /** `ready`, `counters`, `trouble`, `held`, `released`… */
  readonly event: string;
  readonly body: MessageBody;
}

export type MessageBody = Readonly<Record<string, unknown>>;

/** Reads the payload of a frame. Throws `WIRE_MALFORMED` where it is neither an answer nor an event. */
export function parseMessage(payload: Buffer): SensorMessage {
  const body = parseObject(payload);
  if (typeof body.event === "string") return { kind: "event", event: body.event, body };
  if (typeof body.id !== "number" || typeof body.ok !== "boolean") {
    throw new SensorError("WIRE_MALFORMED", "a message is neither an answer nor an event");
  }
  const error = typeof body.error === "string" ? body.error : "";
  return { kind: "reply", id: body.id, ok: body.ok, error, body };
}

function parseObject(payload: Buffer): MessageBody {
  try {
    const value: unknown = parseJson(payload.toString("utf8"));
    if (isBody(value)) return value;
  } catch (cause) {
    throw new SensorError("WIRE_MALFORMED", "a message is no JSON", { cause });
  }
  throw new SensorError("WIRE_MALFORMED", "a message is no object");
}

function isBody(value: unknown): value is MessageBody {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
