// Lists the system's packages of a root directory alone, as `NAME@VERSION` lines: what the product's catalogers do when
// those of languages are left out, for a comparison with a program that has none.
import process from "node:process";
import { parseImageTarget } from "../../packages/core/src/index.ts";
import { catalog, catalogers, wantedPatterns } from "../../packages/inventory/src/index.ts";
import { localSources, openImage } from "../../packages/oci/src/index.ts";

const chosen = catalogers.filter(({ distros = [] }) => distros.length > 0);
const opened = await openImage(parseImageTarget(`dir:${process.argv[2]}`), { sources: localSources });
try {
  const tree = await opened.readTree(wantedPatterns(chosen));
  const { packages } = await catalog(tree, { catalogers: chosen });
  for (const { name, version } of packages) process.stdout.write(`${name}@${version}\n`);
} finally {
  await opened.close();
}
