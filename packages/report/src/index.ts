export { renderJson } from "./json.ts";
export type { FindingRow } from "./rows.ts";
export { findingRows } from "./rows.ts";
export type { Look } from "./style.ts";
export { printable } from "./style.ts";
export type { TableOptions } from "./table.ts";
export { renderTable } from "./table.ts";
export { renderVerdict } from "./verdict.ts";
