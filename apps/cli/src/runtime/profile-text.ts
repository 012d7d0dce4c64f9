import { printable } from "@pratique/report";
import type { ProfileSummary, ProfileView } from "./profile-answers.ts";

const DIGEST_START = "sha256:".length;
const DIGEST_END = DIGEST_START + 12;
const COLUMNS = [
  ["MODE", 8],
  ["UNTIL", 17],
  ["NEW", 5],
  ["HELD", 5],
  ["KNOWN", 6],
  ["IMAGE ID", 13],
] as const;

/** Profiles as a table, one a line. */
export function profileTable(profiles: readonly ProfileSummary[]): string {
  const heading = [...COLUMNS.map(([title, width]) => title.padEnd(width)), "IMAGE"].join("");
  const rows = profiles.toSorted((left, right) => compare(nameOf(left), nameOf(right))).map(rowOf);
  return `${[heading, ...rows].join("\n")}\n`;
}

function rowOf(profile: ProfileSummary): string {
  const { mode, until, openDeviations, withheld, counts, image } = profile;
  const known = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const cells = [
    mode,
    until === undefined ? "–" : minuteOf(until),
    openDeviations,
    withheld,
    known,
    idOf(image),
  ];
  return [...COLUMNS.map(([, width], at) => String(cells[at]).padEnd(width)), nameOf(profile)].join("");
}

/** All of a profile: how far it is, what is new, what was withheld, what is known. */
export function profileText(profile: ProfileView): string {
  const { open, withheldItems, decisions, items } = profile;
  return [
    ...headOf(profile),
    ...section(
      "New, to accept or reject",
      open.map(
        ({ name, priority, count, text }) =>
          `${priority.padEnd(9)} ${name}\n            ${text}${count === 1 ? "" : `, ${count} times`}`,
      ),
    ),
    ...section(
      "Withheld, since a rule matched whoever did it",
      withheldItems.map(({ name, rule }) => `${name}  (${rule})`),
    ),
    ...section(
      "Decided",
      decisions.map(({ name, verdict, by }) => `${verdict} ${name}  (by ${by})`),
    ),
    ...section(
      "Known",
      items.map(({ name }) => name),
    ),
    "",
  ].join("\n");
}

function headOf(profile: ProfileView): readonly string[] {
  const { image, mode, since, until, waitsFor, openKinds } = profile;
  return [
    `${nameOf(profile)}  ${image}`,
    `${mode}${since === undefined ? "" : ` since ${minuteOf(since)}`}${until === undefined ? "" : ` until ${minuteOf(until)}`}` +
      `${waitsFor === undefined ? "" : `; waits for ${printable(waitsFor)}`}`,
    ...(openKinds.length === 0 ? [] : [`too much was seen to know all of: ${openKinds.join(", ")}`]),
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", `${title}:`, ...lines.map((line) => `  ${lineOf(line)}`)];
}

/** What a process chose is in it; the line breaks are ours. */
function lineOf(line: string): string {
  return line.split("\n").map(printable).join("\n");
}

function nameOf({ names, image }: ProfileSummary): string {
  return printable(names.at(-1) ?? image);
}

function idOf(image: string): string {
  return image.slice(DIGEST_START, DIGEST_END);
}

function minuteOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace("T", " ");
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
