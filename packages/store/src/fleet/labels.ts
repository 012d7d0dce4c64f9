/** Labels of a host. */
export type Labels = Readonly<Record<string, string>>;

/** The labels in a value that was stored as JSON; what is none is left out. */
export function labelsIn(value: unknown): Labels {
  const entries = Object.entries(Object(value)).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(entries);
}
