import type { LocatedFile } from "@pratique/archive";
import { childOf, childrenOf, childText, readXmlElements, type XmlElement } from "../../location/xml.ts";
import { type Bulletin, type BulletinPackage, cvesAmong } from "./bulletin.ts";

const WANTED: ReadonlySet<string> = new Set(["update"]);

/** The bulletins of an `updateinfo.xml`; undefined in place of one that cannot be read. */
export async function* readXmlBulletins(file: LocatedFile): AsyncGenerator<Bulletin | undefined> {
  for await (const element of readXmlElements(file, WANTED)) yield bulletinOf(element);
}

function bulletinOf(element: XmlElement): Bulletin | undefined {
  const id = childText(element, "id");
  const packages = packagesOf(element);
  if (id === undefined || packages === undefined) return undefined;
  const title = childText(element, "title");
  const description = childText(element, "description");
  const severity = childText(element, "severity");
  const published = childOf(element, "issued")?.attributes.get("date");
  const references = childrenOf(childOf(element, "references"), "reference");
  return {
    id,
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(severity === undefined ? {} : { severity }),
    ...(published === undefined ? {} : { published }),
    cves: cvesAmong(references.map(({ attributes }) => attributes.get("id"))),
    packages,
  };
}

function packagesOf(element: XmlElement): readonly BulletinPackage[] | undefined {
  const packages: BulletinPackage[] = [];
  for (const collection of childrenOf(childOf(element, "pkglist"), "collection")) {
    for (const { attributes } of childrenOf(collection, "package")) {
      const name = attributes.get("name");
      const version = attributes.get("version");
      const release = attributes.get("release");
      const architecture = attributes.get("arch");
      if (
        name === undefined ||
        version === undefined ||
        release === undefined ||
        architecture === undefined
      ) {
        return undefined;
      }
      packages.push({ name, epoch: attributes.get("epoch") ?? "", version, release, architecture });
    }
  }
  return packages;
}
