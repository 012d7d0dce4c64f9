import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { MAX_NOTE_BYTES } from "./note.ts";
import type { Witness } from "./witness.ts";

/** A note, and 63 lines of proof before it. */
const MAX_BODY_BYTES = MAX_NOTE_BYTES + 4096;
const PATH = "/add-checkpoint";

/**
 * Serves a witness over HTTP (c2sp.org/tlog-witness, "HTTP Interface"). Give the server deadlines for headers and
 * requests; `failed` hears of a state that could not be kept.
 */
export function witnessHandler(witness: Witness, failed: (thrown: unknown) => void): RequestListener {
  return (request, response) => {
    respond(witness, request, response).catch((thrown: unknown) => {
      failed(thrown);
      if (!response.headersSent) answer(response, 500, "text/plain; charset=utf-8", "failed\n");
    });
  };
}

async function respond(witness: Witness, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const text = "text/plain; charset=utf-8";
  if (request.url !== PATH) return answer(response, 404, text, "not found\n");
  if (request.method !== "POST") return answer(response, 405, text, "method not allowed\n");
  const body = await readBody(request);
  if (body === undefined) {
    response.setHeader("connection", "close");
    return answer(response, 413, text, "too large\n");
  }
  const decoded = decodeUtf8(body);
  if (decoded === undefined) return answer(response, 400, text, "not utf-8\n");
  const { status, contentType, body: reply } = witness.addCheckpoint(decoded);
  answer(response, status, contentType, reply);
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    total += bytes.length;
    if (total > MAX_BODY_BYTES) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function answer(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { "content-type": contentType });
  response.end(body);
}
