import { isIP } from "node:net";
import { z } from "zod";

const MAX_URL_LENGTH = 2000;
const MAX_SECRET_LENGTH = 4096;

/** An https URL without a user name, whose path may be a secret. */
export const httpsUrl = z
  .string()
  .max(MAX_URL_LENGTH)
  .refine((text) => isPlainUrl(text, ["https:"]), "expected an https URL without user name and password");

/** As {@link httpsUrl}; http is for receivers on a network that the operator trusts. */
export const webUrl = z
  .string()
  .max(MAX_URL_LENGTH)
  .refine(
    (text) => isPlainUrl(text, ["https:", "http:"]),
    "expected an http or https URL without user name and password",
  );

/** A host name (RFC 1123) or a literal address. */
export const hostName = z
  .string()
  .max(253)
  .refine(
    (text) =>
      isIP(text) !== 0 ||
      /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)*[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/iu.test(text),
    "expected a host name or an address",
  );

export const port = z.int().min(1).max(65_535);

export const secret = z.string().min(1).max(MAX_SECRET_LENGTH);

/** A certificate or key in PEM. */
export const pem = z
  .string()
  .max(100_000)
  .regex(/^\s*-----BEGIN [A-Z ]+-----/u, "expected PEM");

function isPlainUrl(text: string, protocols: readonly string[]): boolean {
  const url = URL.parse(text);
  return url !== null && protocols.includes(url.protocol) && url.username === "" && url.password === "";
}
