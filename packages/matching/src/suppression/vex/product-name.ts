import { parsePurlPattern } from "../purl-pattern.ts";
import type { ProductName } from "./statement.ts";

/** Takes a name as a document writes it; undefined for a package URL that is none. */
export function productName(text: string): ProductName | undefined {
  if (text.startsWith("urn:cdx:")) return bomLink(text);
  if (!text.startsWith("pkg:")) return { kind: "name", name: text };
  const pattern = parsePurlPattern(text);
  return pattern === undefined ? undefined : { kind: "purl", pattern };
}

/** `urn:cdx:SERIAL/VERSION#REF` (CycloneDX, "BOM-Link"). */
function bomLink(text: string): ProductName {
  const [document = "", reference] = splitOnce(text.slice("urn:cdx:".length), "#");
  const [serialNumber] = splitOnce(document, "/");
  return { kind: "reference", serialNumber, reference: reference ?? "" };
}

function splitOnce(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
