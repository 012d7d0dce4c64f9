import { HttpError } from "./errors.ts";

/** Headers that prove who is asking, and are therefore for one origin only. */
const CREDENTIAL_HEADERS = new Set(["auth-key", "authorization", "cookie", "proxy-authorization"]);

export type HttpMethod = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

/** What is sent, and where to, at one step of a chain of redirects. */
export interface Target {
  readonly url: URL;
  readonly method: HttpMethod;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string | undefined;
}

/** Checks a URL that a caller gives. Throws `URL_REFUSED`. */
export function parseUrl(text: string | URL): URL {
  const url = URL.parse(String(text));
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new HttpError(
      "URL_REFUSED",
      `expected an http or https URL, found ${JSON.stringify(String(text))}`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new HttpError("URL_REFUSED", `credentials in the URL of ${JSON.stringify(url.host)}`);
  }
  return url;
}

/** Names a target in a message: without query, since pre-signed URLs carry secrets there. */
export function describeUrl(url: URL): string {
  return JSON.stringify(`${url.origin}${url.pathname}`);
}

/** Whether a status asks for another request elsewhere (RFC 9110 section 15.4). */
export function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

/**
 * Where a redirect leads. Credentials stay with the origin that they were given for, and so does a body,
 * which may hold a password as well. Nothing leads from https to http. Throws `REDIRECT_REFUSED`.
 */
export function followRedirect(from: Target, status: number, location: string | undefined): Target {
  const url = location === undefined ? null : URL.parse(location, from.url.href);
  if (url === null) throw refused(from, "it names no URL");
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw refused(from, `it leads to ${url.protocol}`);
  if (from.url.protocol === "https:" && url.protocol === "http:")
    throw refused(from, "it leads to plain http");
  if (url.username !== "" || url.password !== "") throw refused(from, "it carries credentials");

  const sameOrigin = url.origin === from.url.origin;
  const headers = sameOrigin ? from.headers : withoutCredentials(from.headers);
  if (becomesGet(from.method, status)) return { url, method: "GET", headers, body: undefined };
  if (from.body !== undefined && !sameOrigin) throw refused(from, "it would carry a body to another origin");
  return { url, method: from.method, headers, body: from.body };
}

function withoutCredentials(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const kept = Object.entries(headers).filter(([name]) => !CREDENTIAL_HEADERS.has(name.toLowerCase()));
  return Object.fromEntries(kept);
}

function becomesGet(method: HttpMethod, status: number): boolean {
  if (status === 303) return method !== "HEAD" && method !== "GET";
  return (status === 301 || status === 302) && method === "POST";
}

function refused(from: Target, why: string): HttpError {
  return new HttpError("REDIRECT_REFUSED", `refused the redirect of ${describeUrl(from.url)}: ${why}`);
}
