import { cyclonedx } from "./formats/cyclonedx/cyclonedx.ts";
import { github } from "./formats/github/github.ts";
import { gitlab } from "./formats/gitlab/gitlab.ts";
import { html } from "./formats/html/html.ts";
import { json } from "./formats/json/json.ts";
import { junit } from "./formats/junit/junit.ts";
import { markdown } from "./formats/markdown/markdown.ts";
import { sarif } from "./formats/sarif/sarif.ts";
import { spdx } from "./formats/spdx/spdx.ts";
import { table } from "./formats/table/table.ts";
import type { ReportFormat } from "./report-format.ts";

/** Every way to write a report, sorted by name. A test fails when a folder in `formats/` is missing here. */
export const reportFormats: readonly ReportFormat[] = [
  cyclonedx,
  github,
  gitlab,
  html,
  json,
  junit,
  markdown,
  sarif,
  spdx,
  table,
];

/** Those that are bills of materials: what is installed, for other tools. The first is the default. */
export const billsOfMaterials: readonly ReportFormat[] = [cyclonedx, spdx];
