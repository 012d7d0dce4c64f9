import { messageOf } from "@pratique/core";
import { type Document, isNode, LineCounter, parseAllDocuments, visit } from "yaml";
import type { z } from "zod";
import { cut } from "./cel/template.ts";
import { describeIssue, formatPath } from "./document-issue.ts";
import { type ExceptionBody, type PolicyBody, type PolicyTestBody, schemas } from "./document-schema.ts";
import type { PolicyProblem } from "./errors.ts";
import type { PolicyDocument } from "./policy.ts";
import { suggest } from "./suggest.ts";

/** The longest file, in UTF-16 units. */
export const MAX_FILE_LENGTH = 262_144;
/** Of one set of policies. */
export const MAX_POLICY_FILES = 1000;
/** All files together. */
const MAX_TOTAL_LENGTH = 8_388_608;
/** A file that is not YAML at all has a fault in every line; the first few tell enough. */
const MAX_FAULTS_PER_DOCUMENT = 10;
const MAX_FAULT_LENGTH = 300;
const MAX_NESTING = 20;
const MAX_OPEN_BRACKETS = 200;
const DASHES_IN_A_ROW = new RegExp(`(?:[-?][ \\t]+){${MAX_NESTING + 1}}`, "u");

type Path = readonly PropertyKey[];

/** Where a document stands, for messages about it. */
export interface Place {
  readonly file: string;
  lineOf(path: Path): number | undefined;
}

/** One document that has the form of its kind. */
export type Body = { readonly place: Place } & (
  | { readonly kind: "Policy"; readonly body: PolicyBody }
  | { readonly kind: "Exception"; readonly body: ExceptionBody }
  | { readonly kind: "PolicyTest"; readonly body: PolicyTestBody }
);

export interface ReadDocuments {
  readonly bodies: readonly Body[];
  readonly problems: readonly PolicyProblem[];
}

/** Reads the documents of all files, strictly: what is not known is an error. Never throws. */
export function readDocuments(documents: readonly PolicyDocument[]): ReadDocuments {
  const problems: PolicyProblem[] = [];
  const bodies: Body[] = [];
  const length = documents.reduce((sum, { text }) => sum + text.length, 0);
  if (documents.length > MAX_POLICY_FILES || length > MAX_TOTAL_LENGTH) {
    const message = `expected at most ${MAX_POLICY_FILES} files and ${MAX_TOTAL_LENGTH} characters in all`;
    return { bodies, problems: [{ file: documents[0]?.path ?? "", level: "error", message }] };
  }
  for (const document of documents) bodies.push(...readFile(document, problems));
  return { bodies, problems };
}

/** Says something of a place in a document. */
export function problemAt(
  place: Place,
  path: Path,
  said: Pick<PolicyProblem, "level" | "message">,
): PolicyProblem {
  const line = place.lineOf(path);
  return { file: place.file, ...(line !== undefined && { line }), path: formatPath(path), ...said };
}

function readFile({ path: file, text }: PolicyDocument, problems: PolicyProblem[]): readonly Body[] {
  const fail = (message: string): readonly Body[] => {
    problems.push({ file, level: "error", message });
    return [];
  };
  if (text.length > MAX_FILE_LENGTH) return fail(`file is longer than ${MAX_FILE_LENGTH} characters`);
  if (opensTooMany(text)) return fail(`YAML is nested deeper than ${MAX_NESTING}`);
  try {
    const counter = new LineCounter();
    const parsed = parseAllDocuments(text, { lineCounter: counter, prettyErrors: false, stringKeys: true });
    const read = Array.isArray(parsed) ? parsed : [];
    return read.flatMap((document) => readDocument(document, { file, counter, problems }));
  } catch (thrown) {
    return fail(thrown instanceof RangeError ? "YAML is nested too deeply" : messageOf(thrown));
  }
}

/**
 * The parser recurses into `[`, `{` and `- `, and is slow to give up; a file that opens many is refused before it
 * is parsed. Brackets in texts count too, but those are closed again.
 */
function opensTooMany(text: string): boolean {
  let open = 0;
  for (const bracket of text.matchAll(/[[\]{}]/gu)) {
    open = Math.max(0, open + (bracket[0] === "[" || bracket[0] === "{" ? 1 : -1));
    if (open > MAX_OPEN_BRACKETS) return true;
  }
  return DASHES_IN_A_ROW.test(text);
}

interface FileContext {
  readonly file: string;
  readonly counter: LineCounter;
  readonly problems: PolicyProblem[];
}

function readDocument(document: Document.Parsed, { file, counter, problems }: FileContext): readonly Body[] {
  const lineAt = (offset: number): number => counter.linePos(offset).line;
  const faults = [
    ...[...document.errors, ...document.warnings].map(({ message, pos }) => ({
      offset: pos[0],
      message: cut(`not YAML: ${message}`, MAX_FAULT_LENGTH),
    })),
    ...forbidden(document),
  ].slice(0, MAX_FAULTS_PER_DOCUMENT);
  for (const { offset, message } of faults) {
    problems.push({ file, line: lineAt(offset), level: "error", message });
  }
  if (faults.length > 0) return [];
  const value: unknown = document.toJS({ maxAliasCount: 0 });
  // An empty document: a file of comments, or a separator at its end.
  if (value === null) return [];
  const place: Place = { file, lineOf: (path) => lineOfPath(document, path, lineAt) };
  return readBody(value, place, problems);
}

/** Anchors would let a small file stand for a large one; our documents are short enough without. */
function forbidden(document: Document.Parsed): readonly { offset: number; message: string }[] {
  const found: { offset: number; message: string }[] = [];
  visit(document, {
    Alias: (_, { range }) => {
      found.push({ offset: range?.[0] ?? 0, message: "aliases are not allowed" });
    },
    Node: (_, node, path) => {
      if (path.length <= 2 * MAX_NESTING) return undefined;
      found.push({ offset: node.range?.[0] ?? 0, message: `YAML is nested deeper than ${MAX_NESTING}` });
      return visit.BREAK;
    },
  });
  return found;
}

function readBody(value: unknown, place: Place, problems: PolicyProblem[]): readonly Body[] {
  const kind = kindOf(value);
  switch (kind) {
    case "Policy": {
      const body = check(schemas.Policy, value, { place, problems });
      return body === undefined ? [] : [{ kind, body, place }];
    }
    case "Exception": {
      const body = check(schemas.Exception, value, { place, problems });
      return body === undefined ? [] : [{ kind, body, place }];
    }
    case "PolicyTest": {
      const body = check(schemas.PolicyTest, value, { place, problems });
      return body === undefined ? [] : [{ kind, body, place }];
    }
    default: {
      const kinds = Object.keys(schemas);
      const found = kind === undefined ? "nothing" : `${JSON.stringify(kind)}${suggest(kind, kinds)}`;
      const message = `expected one of ${kinds.join(", ")}, found ${found}`;
      problems.push(problemAt(place, ["kind"], { level: "error", message }));
      return [];
    }
  }
}

function kindOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !("kind" in value)) return undefined;
  return typeof value.kind === "string" ? value.kind : undefined;
}

function check<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  { place, problems }: { readonly place: Place; readonly problems: PolicyProblem[] },
): z.infer<Schema> | undefined {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    for (const { path, message } of describeIssue(issue, schema)) {
      problems.push(problemAt(place, path, { level: "error", message }));
    }
  }
  return undefined;
}

/** The line of the deepest part of the path that is there. */
function lineOfPath(
  document: Document.Parsed,
  path: Path,
  lineAt: (offset: number) => number,
): number | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lineAt(node.range[0]);
  }
  return undefined;
}
