import { parseJson } from "@pratique/core";
import { EngineError } from "./errors.ts";
import { JsonView } from "./json-view.ts";

/** Something that happened in the engine. */
export interface EngineEvent {
  /** `container`, `image`, `volume`, `network`, `daemon`, `plugin`… */
  readonly type: string;
  /** `create`, `start`, `die`, `exec_create: /bin/sh`… */
  readonly action: string;
  /** The id or name of what it happened to. */
  readonly actorId: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Milliseconds since 1970, with what is known of fractions. */
  readonly timeMs: number;
}

const MAX_LINE_BYTES = 1024 * 1024;
const NANOSECONDS_PER_MS = 1e6;
const LINE_FEED = 0x0a;

/**
 * Reads the engine's events, one JSON document a line. Rejects with `ENGINE_MALFORMED` on a line that is no
 * event or has no end. Ends when the stream does.
 */
export async function* readEvents(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<EngineEvent, void, undefined> {
  for await (const line of readLines(body)) yield readEvent(parseLine(line));
}

/** Only the part after the last line feed is held. An unfinished last line is an event cut short, not an event. */
async function* readLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const chunk of body) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      const line = decoder.decode(Buffer.concat([...held, chunk.subarray(start, end)])).trim();
      if (line !== "") yield line;
      held = [];
      heldBytes = 0;
      start = end + 1;
    }
    const rest = chunk.subarray(start);
    heldBytes += rest.byteLength;
    if (heldBytes > MAX_LINE_BYTES) {
      throw new EngineError("ENGINE_MALFORMED", `event is longer than ${MAX_LINE_BYTES} bytes`);
    }
    if (rest.byteLength > 0) held.push(rest);
  }
}

function parseLine(line: string): JsonView {
  try {
    return new JsonView(parseJson(line), "event");
  } catch (cause) {
    throw new EngineError(
      "ENGINE_MALFORMED",
      `expected an event, found ${JSON.stringify(line.slice(0, 80))}`,
      {
        cause,
      },
    );
  }
}

function readEvent(view: JsonView): EngineEvent {
  const actor = view.at("Actor");
  const timeNano = view.at("timeNano").number();
  return {
    type: view.at("Type").requiredString(),
    action: view.at("Action").string(),
    actorId: actor.at("ID").string(),
    attributes: actor.at("Attributes").stringRecord(),
    timeMs: timeNano > 0 ? timeNano / NANOSECONDS_PER_MS : view.at("time").number() * 1000,
  };
}
