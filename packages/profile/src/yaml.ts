/** A document to write as YAML. A line that begins with `#` among the entries of a map or list is a comment. */
type YamlValue = string | number | boolean | YamlMap | YamlList;
export type YamlMap = readonly (readonly [string, YamlValue] | Comment)[];
export interface YamlList {
  readonly list: readonly (YamlValue | Comment)[];
}
export interface Comment {
  readonly comment: string;
}

const PLAIN = /^[A-Za-z/][A-Za-z0-9/_.-]*$/u;
/** Words that readers of YAML 1.1 take for something else than text. */
const RESERVED = /^(?:y|n|yes|no|on|off|true|false|null)$/iu;

/** Writes block style with two spaces; the same value gives the same bytes. */
export function formatYaml(map: YamlMap): string {
  return `${mapLines(map).join("\n")}\n`;
}

function mapLines(map: YamlMap): readonly string[] {
  return map.flatMap((entry) => {
    if (!isEntry(entry)) return [commentLine(entry)];
    const [key, value] = entry;
    if (isScalar(value)) return [`${scalar(key)}: ${scalar(value)}`];
    if (isList(value)) {
      const lines = listLines(value);
      return lines.length === 0 ? [`${scalar(key)}: []`] : [`${scalar(key)}:`, ...indent(lines)];
    }
    return value.length === 0 ? [`${scalar(key)}: {}`] : [`${scalar(key)}:`, ...indent(mapLines(value))];
  });
}

function listLines({ list }: YamlList): readonly string[] {
  return list.flatMap((entry) => {
    if (isScalar(entry)) return [`- ${scalar(entry)}`];
    if (isComment(entry)) return [commentLine(entry)];
    const [first = "{}", ...rest] = isList(entry) ? listLines(entry) : mapLines(entry);
    return [`- ${first}`, ...indent(rest)];
  });
}

/** One line, whatever it holds: what follows a line break would be no comment any more. */
function commentLine({ comment }: Comment): string {
  return `# ${comment.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, " ")}`;
}

function indent(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}

function scalar(value: string | number | boolean): string {
  if (typeof value !== "string") return String(value);
  return PLAIN.test(value) && !RESERVED.test(value) ? value : JSON.stringify(value);
}

function isScalar(value: YamlValue | Comment): value is string | number | boolean {
  return typeof value !== "object";
}

function isList(value: YamlMap | YamlList): value is YamlList {
  return "list" in value;
}

function isComment(value: YamlMap | YamlList | Comment): value is Comment {
  return "comment" in value;
}

function isEntry(entry: readonly [string, YamlValue] | Comment): entry is readonly [string, YamlValue] {
  return Array.isArray(entry);
}
