import type { HttpClient, HttpRequest } from "./client.ts";
import type { HttpResponse } from "./response.ts";

/** What a server said to recognise one state of a resource by (RFC 9110 section 8.8). */
export interface Validators {
  readonly etag?: string;
  readonly lastModified?: string;
}

/** What came of asking for a resource that we may hold already. */
export type ConditionalAnswer =
  | { readonly kind: "unchanged" }
  | { readonly kind: "changed"; readonly response: HttpResponse; readonly validators: Validators };

const MAX_VALIDATOR_LENGTH = 1024;

/**
 * Asks for a resource unless it is still in the state that the validators name. Without validators, or where
 * the server ignores them, the answer is `changed`. Rejects as {@link HttpClient.request} does.
 */
export async function requestIfChanged(
  client: HttpClient,
  request: HttpRequest,
  validators: Validators = {},
): Promise<ConditionalAnswer> {
  const conditions = conditionsOf(validators);
  const conditional = Object.keys(conditions).length > 0;
  const response = await client.request({
    ...request,
    headers: { ...request.headers, ...conditions },
    acceptStatuses: [...(request.acceptStatuses ?? []), ...(conditional ? [304] : [])],
  });
  if (response.status === 304) {
    await response.discard();
    return { kind: "unchanged" };
  }
  return { kind: "changed", response, validators: validatorsOf(response) };
}

function conditionsOf({ etag, lastModified }: Validators): Readonly<Record<string, string>> {
  return {
    ...(etag !== undefined && { "if-none-match": etag }),
    ...(lastModified !== undefined && { "if-modified-since": lastModified }),
  };
}

/** They are kept, and sent back later: only what is short and printable. */
function validatorsOf({ headers }: HttpResponse): Validators {
  const etag = headers.get("etag");
  const lastModified = headers.get("last-modified");
  return {
    ...(isKept(etag) && { etag }),
    ...(isKept(lastModified) && { lastModified }),
  };
}

function isKept(value: string | undefined): value is string {
  return value !== undefined && value.length <= MAX_VALIDATOR_LENGTH && /^[\x20-\x7e]+$/u.test(value);
}
