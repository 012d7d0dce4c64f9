import { type ConnectionPeer, HttpClient, parseRetryAfter } from "@pratique/http";
import type { ChannelEffects, Delivered } from "./channel.ts";
import { NotifyError } from "./errors.ts";
import { oneLine } from "./safe-text.ts";

const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_ANSWER_LENGTH = 500;
// Every status of an error is read: what the other end says is what its operator needs to know.
const REFUSALS = Array.from({ length: 200 }, (_, index) => 400 + index);
// RFC 9110, RFC 8470 and RFC 6585: the refusals of a client that mean "later". And those that speak of the way rather
// than of the message: a proxy whose receiver is away, a path or a credential that somebody is about to put right.
const LATER = new Set([401, 403, 404, 407, 408, 421, 425, 429]);

/** One POST of a channel or a sink. */
export interface Post {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Told of the other end as soon as it is connected. */
  readonly met?: (peer: ConnectionPeer) => void;
}

/**
 * Sends a POST on a connection of its own and follows no redirect: one would turn the delivery into a GET
 * that everybody answers with 200. Throws `CHANNEL_REFUSED` for any other answer than 2xx.
 */
export async function post(
  { url, body, headers, signal, met }: Post,
  effects: ChannelEffects,
): Promise<Delivered> {
  let peer: ConnectionPeer | undefined;
  await using client = new HttpClient({
    now: effects.now,
    random: effects.random,
    addresses: effects.addresses,
    maxRedirects: 0,
    maxBytes: MAX_ANSWER_BYTES,
    retry: { maxRetries: 0 },
    onConnect: (connected) => {
      peer = connected;
      met?.(connected);
    },
    ...(effects.resolve !== undefined && { resolve: effects.resolve }),
    ...(effects.extraCertificates !== undefined && { extraCertificates: effects.extraCertificates }),
    ...(effects.proxy !== undefined && { proxy: effects.proxy }),
  });
  const response = await client.request({
    url,
    method: "POST",
    body,
    headers,
    signal,
    acceptStatuses: REFUSALS,
  });
  const answer = oneLine((await response.text()).trim(), MAX_ANSWER_LENGTH);
  const { status } = response;
  if (status < 300) return { peer, status, answer };
  const retryAfterMs = parseRetryAfter(response.headers.get("retry-after"), effects.now());
  throw new NotifyError(
    "CHANNEL_REFUSED",
    `status ${status} from ${JSON.stringify(whereOf(url))}: ${JSON.stringify(answer)}`,
    {
      status,
      remoteText: answer,
      permanent: status < 500 && !LATER.has(status),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    },
  );
}

/** A URL without its path, which is a secret in the URLs of web hooks. */
export function whereOf(url: string): string {
  return URL.parse(url)?.host ?? "";
}
