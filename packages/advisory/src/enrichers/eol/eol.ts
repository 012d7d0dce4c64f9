import type { LocatedFile } from "@pratique/archive";
import { messageOf } from "@pratique/core";
import { isDay, releaseName } from "../../end-of-life/release-end.ts";
import { AdvisoryError } from "../../errors.ts";
import { type Fields, listOf, objectOf, textOf } from "../../location/fields.ts";
import { readText } from "../../location/read-text.ts";
import type { Enricher, EnrichmentSink } from "../../providers/source-reader.ts";

/** When releases of distributions end, as https://endoflife.date serves it: all products, or one of them. */
export const eol: Enricher = {
  name: "eol",
  version: 1,
  feeds: ["https://endoflife.date/api/v1/products/full"],
  wants: (path) => /(?:^|\/)[^/]*(?:eol|endoflife)[^/]*\.json(?:\.[a-z0-9]+)?$/u.test(path),
  read,
};

/** Its products that are distributions, by the ids that these have in os-release. */
const DISTROS: ReadonlyMap<string, readonly string[]> = new Map([
  ["almalinux", ["almalinux"]],
  ["alpine-linux", ["alpine"]],
  ["amazon-linux", ["amzn"]],
  ["azure-linux", ["azurelinux", "mariner"]],
  ["centos", ["centos"]],
  ["centos-stream", ["centos"]],
  ["debian", ["debian"]],
  ["fedora", ["fedora"]],
  ["opensuse", ["opensuse-leap"]],
  ["oracle-linux", ["ol"]],
  ["photon", ["photon"]],
  ["rhel", ["rhel"]],
  ["rocky-linux", ["rocky"]],
  ["sles", ["sles"]],
  ["ubuntu", ["ubuntu"]],
]);

async function read(file: LocatedFile, sink: EnrichmentSink): Promise<void> {
  const products = productsIn(await readText(file), file.path);
  for (const [index, item] of products.entries()) {
    const fields = objectOf(item);
    const product = textOf(fields?.name);
    if (fields === undefined || product === undefined) {
      sink.malformed(`${file.path}: product ${index}`, "expected a product with a name");
      continue;
    }
    for (const distro of DISTROS.get(product) ?? []) {
      for (const release of listOf(fields.releases)) {
        readRelease(objectOf(release), { product, distro, sink, where: `${file.path}: ${product}` });
      }
    }
  }
}

function productsIn(text: string, path: string): readonly unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged(path, messageOf(cause), cause);
  }
  const result = objectOf(value)?.result;
  if (Array.isArray(result)) return listOf(result);
  if (objectOf(result)?.releases !== undefined) return [result];
  throw damaged(path, "no products");
}

interface Place {
  readonly product: string;
  readonly distro: string;
  readonly sink: EnrichmentSink;
  readonly where: string;
}

function readRelease(fields: Fields | undefined, { product, distro, sink, where }: Place): void {
  const name = textOf(fields?.name);
  const release = name === undefined ? undefined : releaseName(distro, name);
  if (fields === undefined || release === undefined) {
    // A distribution has names of releases that never end, such as `tumbleweed`.
    sink.ignored(where, `no release in ${JSON.stringify(name) ?? "nothing"}`);
    return;
  }
  const ends = dayOf(fields, "eolFrom");
  const extended = dayOf(fields, "eoesFrom");
  if (ends === "malformed" || extended === "malformed") {
    sink.malformed(`${where} ${name}`, "expected days, YYYY-MM-DD");
    return;
  }
  sink.entry();
  // What Debian calls extended, LTS, is for everybody.
  const last = product === "debian" ? (extended ?? ends) : ends;
  sink.endOfLife({
    distro,
    release: product === "centos-stream" ? `stream-${release}` : release,
    ...(last === undefined ? {} : { ends: last }),
    ...(product === "ubuntu" && extended !== undefined ? { endsForSubscribers: extended } : {}),
  });
}

/** Absent, null or false where no day has been set. */
function dayOf(fields: Fields, member: string): string | "malformed" | undefined {
  const value = fields[member];
  if (value === undefined || value === null || value === false) return undefined;
  const day = textOf(value);
  return isDay(day) ? day : "malformed";
}

function damaged(path: string, why: string, cause?: unknown): AdvisoryError {
  return new AdvisoryError("SOURCE_DAMAGED", `${JSON.stringify(path)}: ${why}`, { cause });
}
