import { isCve, type Statement, type TrackedCve } from "./tracked-cve.ts";

/** More than the file with most of them, of the kernel, by far. */
const MAX_STATEMENTS = 20_000;

const FIELD = /^(?<name>[A-Za-z][A-Za-z-]*):[ \t]*(?<value>|[^ \t].*)$/u;
const PRIORITY = /^Priority_(?<of>[^:\s]+):[ \t]*(?<value>\S+)/u;
/** No name of a package has an underscore, so that the last one parts it from the release. */
const STATEMENT = /^(?<release>[a-z][a-z0-9./-]*)_(?<package>[a-z0-9][a-zA-Z0-9.+-]*):[ \t]*(?<rest>\S.*)$/u;

/**
 * Reads a file of the tracker as people write it (README of ubuntu-cve-tracker): fields `Name: value`, with lines that
 * go on indented, and a line `release_package: status (detail)` for each release. Undefined where it names no CVE.
 */
export function parseText(text: string): TrackedCve | undefined {
  const fields = new Map<string, string>();
  const priorities = new Map<string, string>();
  const statements: Statement[] = [];
  let last: string | undefined;
  for (const line of text.split(/\r?\n/u)) {
    if (/^\s/u.test(line)) {
      if (last === "Description") fields.set(last, `${fields.get(last) ?? ""}${line.trim()}\n`);
      continue;
    }
    const field = FIELD.exec(line)?.groups;
    last = field?.name;
    if (field?.name !== undefined) fields.set(field.name, (field.value ?? "").trim());
    const priority = PRIORITY.exec(line)?.groups;
    if (priority?.of !== undefined && priority.value !== undefined)
      priorities.set(priority.of, priority.value);
    const statement = statementIn(line);
    if (statement !== undefined && statements.length < MAX_STATEMENTS) statements.push(statement);
  }
  const id = fields.get("Candidate");
  if (!isCve(id)) return undefined;
  const priority = fields.get("Priority")?.split(/\s/u, 1)[0];
  const description = fields.get("Description")?.trim();
  const published = fields.get("PublicDate");
  return {
    id,
    ...(priority ? { priority } : {}),
    priorities,
    ...(description ? { description } : {}),
    ...(published && /^\d{4}-/u.test(published) ? { published } : {}),
    statements,
  };
}

function statementIn(line: string): Statement | undefined {
  const { release, package: name, rest } = STATEMENT.exec(line)?.groups ?? {};
  if (release === undefined || name === undefined || rest === undefined) return undefined;
  const space = rest.search(/[\s(]/u);
  const status = space < 0 ? rest : rest.slice(0, space);
  const detail = space < 0 ? "" : detailIn(rest.slice(space).trim());
  return { release, package: name, status, ...(detail === "" ? {} : { detail }) };
}

/** Between the first parenthesis and the last: reasons have parentheses of their own. */
function detailIn(text: string): string {
  if (!text.startsWith("(")) return text;
  const end = text.lastIndexOf(")");
  return text.slice(1, end < 0 ? undefined : end).trim();
}
