import { CoreError } from "./errors.ts";

declare const brand: unique symbol;

/** A SHA-256 content digest whose form has been checked (OCI image-spec, descriptor.md, "Digests"). */
export type Digest = string & { readonly [brand]: "Digest" };

const DIGEST = /^sha256:[0-9a-f]{64}$/u;

/** Checks the form of a digest. Throws `DIGEST_MALFORMED`. */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) {
    throw new CoreError("DIGEST_MALFORMED", `malformed digest ${JSON.stringify(text)}`);
  }
  return text;
}

export function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}
