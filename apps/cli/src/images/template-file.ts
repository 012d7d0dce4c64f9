import { parseTemplate, type ReportFormat } from "@pratique/report";
import { readSmallFile } from "../read-small-file.ts";

const MAX_BYTES = 1024 * 1024;
/** Names of templates for pages and documents that end where a tag begins, before `.liquid` or at the end. */
const MARKUP = /\.(?:html?|xml|svg)(?:\.liquid)?$/iu;

/** Reads the template of `--template`. Rejects with `TEMPLATE_UNREADABLE` and `TEMPLATE_INVALID`. */
export async function readTemplate(file: string): Promise<ReportFormat> {
  return await parseTemplate(readSmallFile(file, MAX_BYTES, "TEMPLATE_UNREADABLE"), {
    escapes: MARKUP.test(file),
  });
}
