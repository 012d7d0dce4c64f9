// Measures what the product promises, and prints it beside the promise. `node scripts/bench.ts NAME...` runs some.
import process from "node:process";
import { styleText } from "node:util";
import type { Row } from "./bench/bench.ts";
import { benches } from "./bench/benches.ts";
import { describeLoad, describeMachine } from "./bench/machine.ts";
import { prepareProduct } from "./bench/product.ts";

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !benches.some((bench) => bench.name === name));
if (unknown.length > 0) {
  const names = benches.map(({ name, description }) => `  ${name.padEnd(14)} ${description}`).join("\n");
  console.error(`There is no bench ${unknown.join(", ")}. There are:\n${names}`);
  process.exit(1);
}

await prepareProduct();
console.log(`${new Date().toISOString().slice(0, 16)}Z, ${describeMachine()}, ${describeLoad()}`);
console.log("Medians, and in brackets the least and the most.\n");
for (const bench of benches) {
  if (wanted.length > 0 && !wanted.includes(bench.name)) continue;
  const reason = bench.unavailable();
  if (reason !== undefined) {
    console.log(styleText("yellow", `SKIPPED ${bench.name}: ${reason}\n`));
    continue;
  }
  print(bench.name, await bench.run((text) => console.error(styleText("dim", `${bench.name}: ${text}`))));
}

function print(name: string, rows: readonly Row[]): void {
  console.log(styleText("bold", `${name} (${describeLoad()})`));
  for (const { what, target, result, peer } of rows) {
    console.log(`  ${what}\n    ${result}${target === "" ? "" : `; target ${target}`}`);
    if (peer !== "") console.log(`    ${peer}`);
  }
  console.log("");
}
