import type { PackageFacts } from "@pratique/core";
import { anyOf, declaredLicenses } from "../../declared-licenses.ts";
import { decodeUtf8 } from "../../decode-text.ts";
import { parseXml, type XmlElement, XmlProblem } from "../../sbom/xml.ts";
import type { Manifest } from "./manifest.ts";

type Licenses = Pick<PackageFacts, "licenses">;

/**
 * The licences of a `pom.xml` itself, of which any may be chosen (Maven POM reference, "Licenses"); what its parent says is
 * in no archive. A model that cannot be read says nothing.
 */
export function licensesOfPom(content: Buffer): Licenses {
  const project = readModel(content);
  const list = childrenOf(childrenOf(project, "licenses")[0], "license");
  const told = list.map((license) => textOf(license, "name") ?? textOf(license, "url"));
  return declaredLicenses(anyOf(told));
}

/** `Bundle-License` of a manifest: names or addresses, with attributes behind them (OSGi Core, "Bundle-License"). */
export function licensesOfManifest(manifest: Manifest): Licenses {
  const header = manifest.get("bundle-license") ?? "";
  if (header.length > MAX_HEADER || header === "<<EXTERNAL>>") return {};
  const clauses = header.match(/(?:"[^"]*"|[^",])+/gu) ?? [];
  const told = clauses.map((clause) => (clause.match(/(?:"[^"]*"|[^";])+/u)?.[0] ?? "").replaceAll('"', ""));
  // A comma is a part of some names: `Apache License, Version 2.0`.
  return declaredLicenses(
    clauses.some((clause) => /[;:]/u.test(clause)) ? anyOf(told) : [header.replaceAll('"', "")],
  );
}

const MAX_HEADER = 4096;

function readModel(content: Buffer): XmlElement | undefined {
  try {
    return parseXml(decodeUtf8(content));
  } catch (thrown) {
    if (thrown instanceof XmlProblem) return undefined;
    throw thrown;
  }
}

function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

function textOf(element: XmlElement, name: string): string | undefined {
  return childrenOf(element, name)[0]?.text || undefined;
}
