import { HttpError, type HttpResponse } from "@pratique/http";
import { OciError } from "../../errors.ts";

/** Continues a blob from a byte on; the first request is one for byte 0. */
export type RequestFrom = (offset: number) => Promise<HttpResponse>;

/** Breaks in a row without one new byte. */
const MAX_BREAKS_IN_A_ROW = 3;
/** Breaks of one blob, however much came between them. */
const MAX_BREAKS = 50;

/**
 * The bytes of a blob as one stream, over as many connections as it takes: where one breaks, the next begins
 * with the first byte that is missing, so that what reads the stream never notices. Whether the bytes are the
 * right ones is for the reader to check. Rejects with `HttpError` where it cannot be had whole, and with
 * `IMAGE_UNREADABLE` where the registry itself has no more of it.
 */
export async function* blobStream(
  { sizeBytes, signal }: { readonly sizeBytes: number; readonly signal: AbortSignal },
  requestFrom: RequestFrom,
): AsyncGenerator<Uint8Array, void, undefined> {
  let offset = 0;
  let breaksInARow = 0;
  let broke = false;
  for (let breaks = 0; offset < sizeBytes || breaks === 0; breaks += 1) {
    const before = offset;
    broke = false;
    try {
      for await (const chunk of remainder(await requestFrom(offset), offset)) {
        offset += chunk.byteLength;
        yield chunk;
      }
      if (offset >= sizeBytes) return;
    } catch (thrown) {
      if (signal.aborted || !isBreak(thrown) || breaks >= MAX_BREAKS) throw thrown;
      broke = true;
    }
    breaksInARow = offset > before ? 1 : breaksInARow + 1;
    if (breaksInARow > MAX_BREAKS_IN_A_ROW || breaks >= MAX_BREAKS) {
      // The registry says that this is all: it has lost the rest, and another try would end the same.
      if (!broke) throw new OciError("IMAGE_UNREADABLE", `blob has ${offset} of ${sizeBytes} bytes`);
      throw new HttpError("INTERRUPTED", `blob broke off after ${offset} of ${sizeBytes} bytes`);
    }
  }
}

/** What is new in an answer: a server that ignores ranges sends everything again. */
async function* remainder(
  response: HttpResponse,
  offset: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let skip = offset - startOf(response);
  if (skip < 0) {
    await response.discard();
    throw new OciError(
      "REGISTRY_MALFORMED",
      `registry left out bytes of a blob before byte ${startOf(response)}`,
    );
  }
  for await (const chunk of response.body) {
    const skipped = Math.min(skip, chunk.byteLength);
    skip -= skipped;
    if (skipped < chunk.byteLength) yield chunk.subarray(skipped);
  }
}

/** The first byte that an answer holds (RFC 9110 section 14.4). */
export function startOf({ status, headers }: HttpResponse): number {
  if (status !== 206) return 0;
  const start = /^bytes (?<start>\d{1,16})-/u.exec(headers.get("content-range") ?? "")?.groups?.start;
  return start === undefined ? Number.POSITIVE_INFINITY : Number(start);
}

function isBreak(thrown: unknown): boolean {
  return thrown instanceof HttpError && (thrown.code === "INTERRUPTED" || thrown.code === "TIMED_OUT");
}
