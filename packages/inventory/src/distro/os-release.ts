/**
 * Reads the assignments of an os-release file (os-release(5)): `NAME=value` on lines of its own, values as in a
 * shell that expands nothing, quotes and backslashes taken off. Of several assignments the last one counts. Lines
 * of another form are passed over, as a shell that sourced the file would set nothing by them.
 */
export function parseOsRelease(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split("\n")) {
    const groups = /^\s*(?<name>[A-Za-z_]\w*)=(?<value>.*)$/su.exec(line.trimEnd())?.groups;
    if (groups?.name !== undefined) values.set(groups.name, unquote(groups.value ?? ""));
  }
  return values;
}

/** Takes the value apart as a shell does: bare, '…' and "…" parts follow each other up to the first space. */
function unquote(value: string): string {
  let result = "";
  for (const [part, single, double] of value.matchAll(
    /'(?<single>[^']*)'?|"(?<double>(?:\\.|[^"\\])*)"?|\\.|[^'"\\]/gsu,
  )) {
    if (single !== undefined) result += single;
    else if (double !== undefined) result += double.replace(/\\(?<character>["$`\\])/gu, "$<character>");
    else if (/^\s$/u.test(part)) break;
    else result += part.length > 1 ? part.slice(1) : part;
  }
  return result;
}
