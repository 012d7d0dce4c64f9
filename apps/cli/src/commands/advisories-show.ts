import { openDatabase } from "@pratique/advisory";
import { printable } from "@pratique/report";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";

/** `pratique advisories show CVE`: what the database at hand says of one vulnerability. */
export function advisoriesShow(
  { settings, now, console }: Context,
  id: string,
  flags: { readonly json?: boolean },
): ExitCode {
  using database = openDatabase(settings.layout.advisories, {
    clock: now,
    staleAfterMs: settings.staleAfterMs,
  });
  const details = database.details(id);
  const enrichment = database.enrichment(id);
  if (flags.json === true) {
    console.print(`${JSON.stringify({ id, details: details ?? null, enrichment }, undefined, 2)}\n`);
    return details === undefined ? exitCodes.unassessed : exitCodes.fine;
  }
  if (details === undefined) {
    console.say(`${printable(id)}: nothing more is known here than what single packages' advisories say`);
    return exitCodes.unassessed;
  }
  const { title = "", description = "", severity = "unknown", published, urls = [], standing } = details;
  console.print(
    `${printable(id)}  ${severity}${published === undefined ? "" : `, published ${published.slice(0, 10)}`}\n`,
  );
  if (title !== "") console.print(`${printable(title)}\n`);
  if (standing !== undefined)
    console.print(`${standing === "disputed" ? "Disputed" : "Rejected"}, says NVD\n`);
  if (enrichment.knownExploited) console.print("Known to be exploited (CISA KEV)\n");
  if (enrichment.epss !== undefined) console.print(`EPSS ${(enrichment.epss * 100).toFixed(1)} %\n`);
  if (description !== "") console.print(`\n${printable(description)}\n`);
  for (const url of urls) console.print(`  ${printable(url)}\n`);
  return exitCodes.fine;
}
