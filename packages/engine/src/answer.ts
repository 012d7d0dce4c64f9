import { EngineError } from "./errors.ts";
import { JsonView } from "./json-view.ts";

/** Of an answer that tells of an error. */
export const MAX_ERROR_BYTES = 64 * 1024;
const MAX_MESSAGE_CHARS = 500;

/**
 * A name as part of a path. Each part is encoded, so that nothing in it can lead to another endpoint;
 * `.` and `..` cannot be encoded, and no image or container is called so.
 */
export function pathOf(name: string): string {
  const parts = name.split("/");
  if (name === "" || parts.some((part) => part === "" || part === "." || part === "..")) {
    throw new EngineError("ENGINE_REFUSED", `expected a name, found ${JSON.stringify(name)}`);
  }
  return parts.map(encodeURIComponent).join("/");
}

/** All of a body, or `ENGINE_MALFORMED` where it is longer. */
export async function collect(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of body) {
    total += chunk.byteLength;
    if (total > maxBytes) {
      throw new EngineError("ENGINE_MALFORMED", `answer of the engine is longer than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

/** Errors are `{"message": …}`; a proxy in between may say what it likes. */
export function messageIn(bytes: Uint8Array, maxChars = MAX_MESSAGE_CHARS): string {
  const text = new TextDecoder().decode(bytes);
  try {
    const message = new JsonView(JSON.parse(text), "error").at("message").string();
    if (message !== "") return message.slice(0, maxChars);
  } catch {
    // Not the engine's own form: the text is all there is.
  }
  return JSON.stringify(text.slice(0, MAX_MESSAGE_CHARS));
}

export function refused(status: number, message: string): EngineError {
  return new EngineError("ENGINE_REFUSED", `engine answered ${status}: ${message}`);
}
