import { OciError } from "../errors.ts";

/**
 * The URL of the next page: what the header Link names with `rel="next"` (RFC 8288; distribution specification,
 * "Listing Tags"). Undefined on the last page. Throws `REGISTRY_MALFORMED` where it leads to another host, for what
 * is asked goes out with credentials.
 */
export function nextLinkOf(header: string | undefined, url: URL): URL | undefined {
  for (const [, target = "", parameters = ""] of (header ?? "").matchAll(/<([^<>]*)>([^,<]*)/gu)) {
    if (!/;\s*rel\s*=\s*"?next"?/iu.test(parameters)) continue;
    const next = URL.parse(target, url.href);
    if (next?.origin === url.origin) return next;
    const found = JSON.stringify(target.slice(0, 200));
    throw new OciError("REGISTRY_MALFORMED", `the next page of a list is at ${found}, which is another host`);
  }
  return undefined;
}
