import type { LocatedFile } from "@pratique/archive";
import { objectOf, textOf } from "../../location/fields.ts";
import { readJson } from "../../location/read-json.ts";
import type { AdvisorySink, Provider } from "../source-reader.ts";
import { readProducts } from "./products.ts";
import { readVulnerability } from "./vulnerability.ts";

/**
 * Red Hat's CSAF 2.0 documents (https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html), one file each: VEX, one a
 * vulnerability, which say all there is to say, and security advisories, which tell the fixes of one erratum.
 */
export const redhatCsaf: Provider = {
  name: "redhat-csaf",
  version: 2,
  feeds: [],
  wants: (path) => /(?:^|\/)(?:cve-\d|rhsa-\d)[^/]*\.json(?:\.[a-z0-9]+)?$/iu.test(path),
  read,
};

async function read(file: LocatedFile, sink: AdvisorySink): Promise<void> {
  const record = objectOf(await readJson(file));
  const document = objectOf(record?.document);
  const vulnerabilities = record?.vulnerabilities;
  if (record === undefined || document === undefined) {
    sink.malformed(file.path, "expected a CSAF document");
    return;
  }
  sink.entry();
  if (!Array.isArray(vulnerabilities) || vulnerabilities.length === 0) {
    sink.ignored(file.path, "names no vulnerability");
    return;
  }
  const products = readProducts(record.product_tree);
  const id = textOf(objectOf(document.tracking)?.id);
  for (const [index, vulnerability] of vulnerabilities.entries()) {
    const where = `${file.path}[${index}]`;
    readVulnerability(objectOf(vulnerability), { where, document: id, products, sink });
  }
}
