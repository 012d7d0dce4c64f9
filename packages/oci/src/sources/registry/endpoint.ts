import { HttpError } from "@pratique/http";
import type { RegistryHttp } from "./registry-http.ts";

/** Docker's own name for its registry is not the name of the host that serves it. */
const ALIASES: ReadonlyMap<string, string> = new Map([["docker.io", "registry-1.docker.io"]]);
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/iu;

/** The base URL of a registry's API, ending in `/v2/`. */
export type Endpoint = URL;

/** Whether a registry may be spoken to without TLS: it is on this machine, or the user said so. */
export function mayBePlain(registry: string, insecureRegistries: ReadonlySet<string>): boolean {
  return LOOPBACK.test(registry) || insecureRegistries.has(registry);
}

/**
 * Finds out how to speak to a registry: over TLS, or, only where that is allowed and TLS does not work,
 * without. Rejects with an {@link HttpError}.
 */
export async function findEndpoint(
  http: RegistryHttp,
  registry: string,
  { plain, signal }: { readonly plain: boolean; readonly signal: AbortSignal },
): Promise<Endpoint> {
  const host = ALIASES.get(registry) ?? registry;
  const secure = new URL(`https://${host}/v2/`);
  if (!plain) return secure;
  try {
    await probe(http, secure, signal);
    return secure;
  } catch (thrown) {
    if (!(thrown instanceof HttpError) || !isNoTls(thrown)) throw thrown;
    const unsecured = new URL(`http://${host}/v2/`);
    // Where neither works, why TLS did not is what the user needs to know.
    await probe(http, unsecured, signal).catch((cause: unknown) => {
      throw cause instanceof HttpError && cause.code === "ABORTED" ? cause : thrown;
    });
    return unsecured;
  }
}

/** Any answer but a client error that is not about credentials shows that a registry is there. */
async function probe(http: RegistryHttp, url: URL, signal: AbortSignal): Promise<void> {
  const response = await http.request({ url, signal, acceptStatuses: [401, 403, 404, 429] });
  await response.discard();
}

function isNoTls({ code }: HttpError): boolean {
  return code === "TLS_FAILED" || code === "UNREACHABLE" || code === "INTERRUPTED";
}
