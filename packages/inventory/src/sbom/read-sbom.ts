import {
  isRecord,
  type JsonRecord,
  listOf,
  MiB,
  messageOf,
  parseJson,
  recordOf,
  textOf,
} from "@pratique/core";
import { InventoryError } from "../errors.ts";
import { assembleSbom } from "./assemble-sbom.ts";
import type { SbomDocument } from "./component.ts";
import { readCycloneDxJson } from "./cyclonedx-json.ts";
import { readCycloneDxXml } from "./cyclonedx-xml.ts";
import type { Sbom } from "./sbom.ts";
import { readSpdxJson } from "./spdx-json.ts";
import { readSpdxTagValue } from "./spdx-tag-value.ts";
import { readSpdx3Json } from "./spdx3-json.ts";
import { parseXml, XmlProblem } from "./xml.ts";

/** A larger document is refused. */
export const MAX_SBOM_BYTES = 256 * MiB;

/**
 * Reads a bill of materials: CycloneDX in JSON or XML, SPDX 2 in JSON or tag-value, SPDX 3 in JSON-LD, by what is in
 * it and not by its name. The JSON ones may be the predicate of an in-toto statement, also inside an envelope, whose signature is not
 * looked at, or an answer of GitHub's API. Throws an {@link InventoryError} where it is none of these.
 */
export function readSbom(content: Uint8Array): Sbom {
  if (content.byteLength > MAX_SBOM_BYTES) {
    throw new InventoryError("SBOM_TOO_LARGE", `expected at most ${MAX_SBOM_BYTES / MiB} MiB`);
  }
  return assembleSbom(readDocument(new TextDecoder().decode(content)));
}

function readDocument(text: string): SbomDocument {
  const start = /\S/u.exec(text)?.[0];
  if (start === "{") return readJson(jsonObject(text));
  if (start === "<") return readXml(text);
  if (/^SPDXVersion:/mu.test(text)) return readSpdxTagValue(text);
  throw unknown("neither JSON, nor XML, nor SPDX tag-value");
}

function readXml(text: string): SbomDocument {
  try {
    const root = parseXml(text);
    if (root.name === "bom") return readCycloneDxXml(root);
  } catch (cause) {
    if (!(cause instanceof XmlProblem)) throw cause;
    throw new InventoryError("SBOM_MALFORMED", `the document is no XML: ${cause.message}`, { cause });
  }
  throw unknown("XML, and not CycloneDX");
}

function jsonObject(text: string): JsonRecord {
  try {
    return recordOf(parseJson(text));
  } catch (cause) {
    throw new InventoryError("SBOM_MALFORMED", `the document is no JSON: ${messageOf(cause).slice(0, 200)}`, {
      cause,
    });
  }
}

/** An envelope, the statement in it, and what that is about: deeper than this nothing is wrapped. */
const MAX_WRAPPINGS = 4;

function readJson(document: JsonRecord, wrappings = 0): SbomDocument {
  if (document.bomFormat === "CycloneDX") return readCycloneDxJson(document);
  if (textOf(document.spdxVersion) !== undefined || textOf(document.SPDXID) === "SPDXRef-DOCUMENT") {
    return readSpdxJson(document);
  }
  if (isSpdx3(document)) return readSpdx3Json(document);
  const inner = innerOf(document);
  if (inner !== undefined && wrappings < MAX_WRAPPINGS) return readJson(inner, wrappings + 1);
  throw unknown("JSON, and neither CycloneDX nor SPDX");
}

/** Every document of SPDX 3 names the published context (SPDX 3.0.1, "Model and serializations", JSON-LD). */
function isSpdx3(document: JsonRecord): boolean {
  const context = document["@context"];
  const contexts = typeof context === "string" ? [context] : listOf(context);
  return contexts.some((item) => typeof item === "string" && /^https?:\/\/spdx\.org\/rdf\/3\./u.test(item));
}

/**
 * DSSE's envelope (secure-systems-lab/dsse), in-toto's statement, the predicate as cosign wraps it, and what GitHub's API answers
 * (REST API, "Export a software bill of materials (SBOM) for a repository").
 */
function innerOf({ payload, predicate, Data, sbom }: JsonRecord): JsonRecord | undefined {
  if (typeof payload === "string") {
    return jsonObject(new TextDecoder().decode(Buffer.from(payload, "base64")));
  }
  if (isRecord(predicate)) return predicate;
  if (isRecord(sbom)) return sbom;
  if (isRecord(Data)) return Data;
  return typeof Data === "string" && Data.trimStart().startsWith("{") ? jsonObject(Data) : undefined;
}

function unknown(found: string): InventoryError {
  return new InventoryError("SBOM_UNKNOWN", `expected CycloneDX or SPDX, found ${found}`);
}
