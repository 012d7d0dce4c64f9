import type { Endpoint, QueryInputOf } from "@pratique/api";
import { z } from "zod";

/** The sizes that a page of a list may have. */
export const pageSizes = ["25", "50", "100", "200"] as const;
const place = { limit: z.enum(pageSizes), page: z.string().regex(/^[1-9]\d{0,6}$/u) };

/** Members that are undefined are as good as absent. */
type Loose<T> = { readonly [Key in keyof T]?: T[Key] | undefined };

/** What the address of a list says: its filters, order and page size, all as text. */
export type AddressOf<E extends Endpoint> = Loose<
  Omit<QueryInputOf<E>, "limit"> & {
    readonly limit: (typeof pageSizes)[number];
    /** The number of the page that the cursor leads to. */
    readonly page: string;
  }
>;

/** Reads what an address asks of a list, and drops what the list does not know. */
export function addressOf<E extends Endpoint>(
  endpoint: E,
): (search: Record<string, unknown>) => AddressOf<E> {
  const shape: z.ZodRawShape = { ...endpoint.query?.shape, ...place };
  // The shape is that of E's query, so what passes it has that form; the compiler cannot follow the lookup.
  return (search) => keepKnown(shape, search) as AddressOf<E>;
}

/** Reads what an address asks of a list that is a part of its page, whichever of several that is. */
export function addressOfParts(
  endpoints: readonly Endpoint[],
): (search: Record<string, unknown>) => Readonly<Record<string, string | undefined>> {
  const shapes = endpoints.map(({ query }) => query?.shape ?? {});
  const shape: z.ZodRawShape = Object.assign({}, ...shapes, place);
  // An address is text, and only such of it as passes is kept.
  return (search) => keepKnown(shape, search) as Readonly<Record<string, string>>;
}

/** Reads what an address says, and drops what does not fit. Values stay as they are written. */
export function lenient<Shape extends z.ZodRawShape>(shape: Shape) {
  return (search: Record<string, unknown>) =>
    // Each value has passed its own schema.
    keepKnown(shape, search) as Loose<{ readonly [Key in keyof Shape]: z.input<Shape[Key]> }>;
}

function keepKnown(shape: z.ZodRawShape, search: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(search).filter(([name, value]) => {
      const schema = Object.hasOwn(shape, name) ? shape[name] : undefined;
      return schema instanceof z.ZodType && schema.safeParse(value).success;
    }),
  );
}

/** Reads a query string as text only: what looks like a number stays as it was typed. */
export function parseSearch(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

/** Writes a query string; members that are undefined are left out. */
export function writeSearch(search: Record<string, unknown>): string {
  const pairs = Object.entries(search).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(
    Object.fromEntries(pairs.map(([name, value]) => [name, String(value)])),
  ).toString();
  return text === "" ? "" : `?${text}`;
}
