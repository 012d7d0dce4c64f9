// Renders a large report, and tells how long its text is and how long it took.

import { reportFormats } from "../formats.ts";
import { context, largeReport } from "./reports.ts";

const [, , name, count] = process.argv;
const format = reportFormats.find((candidate) => candidate.name === name);
const report = largeReport(Number(count));
const start = performance.now();
let characters = 0;
for (const piece of format?.render(report, context) ?? []) characters += piece.length;
process.stdout.write(JSON.stringify({ characters, ms: performance.now() - start }));
