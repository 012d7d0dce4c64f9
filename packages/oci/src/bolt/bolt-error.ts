import { OciError } from "../errors.ts";

/** What a database that is not as bbolt writes it is answered with. */
export function damaged(what: string, cause?: unknown): OciError {
  const message = `a database of the container store is damaged: ${what}`;
  return new OciError("STORE_DAMAGED", message, cause === undefined ? {} : { cause });
}
