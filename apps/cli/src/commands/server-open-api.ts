import { openApiDocument } from "@pratique/api";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";

/** `pratique server openapi`: the document that a server of this version serves, which needs none to be made. */
export function serverOpenApi({ console, version }: Pick<Context, "console" | "version">): ExitCode {
  console.print(`${JSON.stringify(openApiDocument(version), undefined, 2)}\n`);
  return exitCodes.fine;
}
