import { type JsonRecord, messageOf, parseJson, recordOf, textOf } from "@pratique/core";
import { MatchingError } from "../../errors.ts";
import type { SuppressionFile, SuppressionRule } from "../rule.ts";
import { coversProduct } from "./covers-product.ts";
import { readCsaf } from "./csaf.ts";
import { readCycloneDxVex } from "./cyclonedx-vex.ts";
import { readOpenVex } from "./openvex.ts";
import type { VexDocument, VexStatement } from "./statement.ts";

/** So much of what a statement says for people is kept. */
const MAX_WORDS = 400;

/**
 * Reads a VEX document: OpenVEX, CSAF or CycloneDX, each in JSON, by what is in it. Statements that cannot be read are
 * among the problems, and take nothing out of the count. Throws a {@link MatchingError}.
 */
export function readVex(text: string, name: string): SuppressionFile {
  const { format, statements, problems } = readDocument(parse(text, name), name);
  return {
    name,
    format,
    rules: statements.map((statement) => ruleOf(statement, name)),
    expired: [],
    problems: problems.map((problem) => `${name}: ${problem}`),
  };
}

function parse(text: string, name: string): JsonRecord {
  try {
    return recordOf(parseJson(text));
  } catch (cause) {
    const message = `${JSON.stringify(name)} is no JSON: ${messageOf(cause).slice(0, 200)}`;
    throw new MatchingError("VEX_MALFORMED", message, { cause });
  }
}

function readDocument(document: JsonRecord, name: string): VexDocument {
  if (document.bomFormat === "CycloneDX") return readCycloneDxVex(document);
  if (textOf(recordOf(document.document).csaf_version) !== undefined) return readCsaf(document);
  if (Array.isArray(document.statements)) return readOpenVex(document);
  throw new MatchingError(
    "VEX_UNKNOWN",
    `expected OpenVEX, CSAF or CycloneDX, ${JSON.stringify(name)} is neither`,
  );
}

function ruleOf(statement: VexStatement, name: string): SuppressionRule {
  const { number, vulnerabilities, products, status, justification, time } = statement;
  const place = `${name}, statement ${number}`;
  const at = time === undefined ? Number.NaN : Date.parse(time);
  return {
    place,
    title: vulnerabilities[0] ?? "",
    by: `VEX ${place}: ${wordsOf(statement)}`,
    names: vulnerabilities.map((id) => lastPart(id).toUpperCase()),
    ...(status === "not_affected" || status === "fixed"
      ? { effect: "suppress", word: { status, ...(justification !== undefined && { justification }) } }
      : { effect: "keep" }),
    kind: "vex",
    // What says no time was said before everything that does.
    time: Number.isNaN(at) ? 0 : at,
    covers: (candidate) => products.some((product) => coversProduct(product, candidate)),
  };
}

function wordsOf({ status, words }: VexStatement): string {
  const said = [status.replaceAll("_", " "), ...words].join("; ").replaceAll(/\s+/gu, " ");
  return said.length > MAX_WORDS ? `${said.slice(0, MAX_WORDS)}…` : said;
}

/** Of an address such as `https://nvd.nist.gov/vuln/detail/CVE-2024-0001`, what it is about. */
function lastPart(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}
