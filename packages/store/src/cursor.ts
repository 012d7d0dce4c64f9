import { StoreError } from "./errors.ts";

/** One page of a list. `nextCursor` is null on the last; `total` counts what the filter lets through. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
  readonly total: number;
}

/** The place after which a page begins: the sort key and the id of the last item of the page before. */
export interface Cursor {
  readonly key: string | number;
  readonly id: string;
}

/** Writes a cursor as text that callers carry unread. */
export function formatCursor({ key, id }: Cursor): string {
  return Buffer.from(JSON.stringify([key, id])).toString("base64url");
}

/** Reads what {@link formatCursor} wrote. Throws `CURSOR_MALFORMED`. */
export function parseCursor(text: string, keyType: "string" | "number"): Cursor {
  const value = jsonIn(text);
  if (Array.isArray(value) && value.length === 2) {
    const [key, id]: unknown[] = value;
    const fits = typeof key === "string" || typeof key === "number";
    if (fits && typeof key === keyType && typeof id === "string") return { key, id };
  }
  throw new StoreError("CURSOR_MALFORMED", `malformed cursor ${JSON.stringify(text)}`);
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch {
    // Not JSON: parseCursor answers, as for any other text that is no cursor.
    return undefined;
  }
}
