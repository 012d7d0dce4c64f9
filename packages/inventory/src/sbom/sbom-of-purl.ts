import { parsePurl } from "@pratique/core";
import { assembleSbom } from "./assemble-sbom.ts";
import type { Sbom } from "./sbom.ts";

/** A bill of materials of one package, of which nothing is known but its package URL. Throws `PURL_MALFORMED`. */
export function sbomOfPurl(text: string): Sbom {
  const { name, text: purl } = parsePurl(text);
  return assembleSbom({
    format: "package URL",
    components: [{ kind: "package", name, purl, paths: [] }],
    isCut: false,
  });
}
