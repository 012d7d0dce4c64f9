import { open } from "node:fs/promises";
import type { HttpClient, HttpRequest } from "./client.ts";
import { requestIfChanged, type Validators } from "./conditional.ts";

export interface DownloadOptions {
  /** The file, which must not exist. It is the caller's to remove, also where the download fails. */
  readonly path: string;
  /** Of the state that is held already. */
  readonly validators?: Validators | undefined;
  /** Told how many bytes have arrived in all, and how many are to come where the server says so. */
  readonly onBytes?: ((bytes: number, totalBytes: number | undefined) => void) | undefined;
}

/** What came of asking for a file that we may hold already. */
export type Download =
  | { readonly kind: "unchanged" }
  | { readonly kind: "changed"; readonly bytes: number; readonly validators: Validators };

/**
 * Fetches a resource into a new file, for its owner only, unless it is still in the state that the validators name.
 * Rejects as {@link requestIfChanged} does, and with what the file system says.
 */
export async function download(
  client: HttpClient,
  request: HttpRequest,
  { path, validators, onBytes = () => undefined }: DownloadOptions,
): Promise<Download> {
  const answer = await requestIfChanged(client, request, validators);
  if (answer.kind === "unchanged") return answer;
  const { body, headers } = answer.response;
  const totalBytes = announcedBytes(headers.get("content-length"));
  const bytes = await save(body, path, (sum) => onBytes(sum, totalBytes));
  return { kind: "changed", bytes, validators: answer.validators };
}

/** RFC 9110 section 8.6. It is shown and nothing else: what a server says of itself bounds nothing. */
function announcedBytes(contentLength: string | undefined): number | undefined {
  return contentLength !== undefined && /^\d{1,15}$/u.test(contentLength) ? Number(contentLength) : undefined;
}

async function save(
  body: AsyncIterable<Uint8Array>,
  path: string,
  onBytes: (bytes: number) => void,
): Promise<number> {
  const file = await open(path, "wx", 0o600);
  try {
    let bytes = 0;
    for await (const chunk of body) {
      await file.writeFile(chunk);
      bytes += chunk.length;
      onBytes(bytes);
    }
    return bytes;
  } finally {
    await file.close();
  }
}
