/**
 * The fields of one line of CSV (RFC 4180), with what is quoted unquoted. Blanks around fields do not count, as feeds
 * write `"a", "b"`. A quote that is not closed ends with the line.
 */
export function csvFields(line: string): readonly string[] {
  const fields: string[] = [];
  for (let at = 0; at <= line.length; ) {
    while (line[at] === " ") at += 1;
    if (line[at] === '"') {
      const { text, next } = quoted(line, at + 1);
      fields.push(text);
      at = next;
    } else {
      const comma = line.indexOf(",", at);
      const end = comma < 0 ? line.length : comma;
      fields.push(line.slice(at, end).trim());
      at = end + 1;
    }
  }
  return fields;
}

function quoted(line: string, start: number): { readonly text: string; readonly next: number } {
  let text = "";
  for (let at = start; ; ) {
    const quote = line.indexOf('"', at);
    if (quote < 0) return { text: text + line.slice(at), next: line.length + 1 };
    text += line.slice(at, quote);
    if (line[quote + 1] !== '"') {
      const comma = line.indexOf(",", quote);
      return { text, next: comma < 0 ? line.length + 1 : comma + 1 };
    }
    text += '"';
    at = quote + 2;
  }
}
