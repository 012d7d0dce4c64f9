import type { HuntHit, HuntReport } from "@pratique/intel";
import { printable } from "@pratique/report";
import type { Context } from "../context.ts";
import { type HuntResponse, rehearseHits } from "../runtime/hunt-responses.ts";
import { readResponsePolicy } from "../runtime/response-policy-file.ts";
import { indicatorLine } from "./intel-lookup.ts";

const MAX_INDICATORS_SHOWN = 3;
const MAX_ANSWERS_SHOWN = 4;
const MAX_DAMAGED_SHOWN = 5;

/** Shows what a hunt has found, and what would have been done about it. Throws `RESPONSE_POLICY`. */
export function showHunt(context: Context, report: HuntReport, { json }: { readonly json: boolean }): void {
  const { settings, console } = context;
  if (json) {
    console.print(`${JSON.stringify(huntDocument(context, report), undefined, 2)}\n`);
    return;
  }
  const responses = responsesTo(context, report);
  for (const [container, hits] of byContainer(report.hits, responses)) {
    const { name, image, imageId, id } = container;
    const digest = imageId === "" ? "" : ` (${shortDigest(imageId)})`;
    const what = image === "" ? "image unknown" : `image ${printable(image)}${digest}`;
    console.print(`${printable(name === "" ? shortId(id) : name)}, ${what}, container ${shortId(id)}\n`);
    for (const [hit, response] of hits) console.print(linesOf(hit, response));
  }
  console.print(summaryOf(report));
  const { channel } = settings.runtime ?? { channel: "off" as const };
  if (report.hits.length > 0 && channel !== "cut") {
    console.say(`runtime.channel is ${channel}: what is said of "cut" would hold if it were set to that`);
  }
  for (const line of reservationsOf(report)) console.say(line);
}

function responsesTo({ settings }: Context, { hits }: HuntReport): readonly HuntResponse[] {
  return rehearseHits(readResponsePolicy(settings.layout.responsePolicy), hits);
}

type Shown = readonly [HuntHit, HuntResponse];

function byContainer(
  hits: readonly HuntHit[],
  responses: readonly HuntResponse[],
): ReadonlyMap<HuntHit["container"], readonly Shown[]> {
  const groups = new Map<string, { container: HuntHit["container"]; shown: Shown[] }>();
  for (const [index, hit] of hits.entries()) {
    const group = groups.get(hit.container.id) ?? { container: hit.container, shown: [] };
    groups.set(hit.container.id, group);
    group.shown.push([hit, responses[index] ?? { kind: "told" }]);
  }
  return new Map([...groups.values()].map(({ container, shown }) => [container, shown]));
}

function linesOf(hit: HuntHit, response: HuntResponse): string {
  const { executable, listed, isNew } = hit;
  const news = isNew === undefined || isNew ? "" : "; the set in force does as much";
  const program = executable === "" ? "a program that is not known" : printable(executable);
  const lines = [`  ${program} ${deedOf(hit)}, ${timesOf(hit)}${news}`];
  for (const each of listed.slice(0, MAX_INDICATORS_SHOWN)) lines.push(`    ${indicatorLine(each)}`);
  if (listed.length > MAX_INDICATORS_SHOWN)
    lines.push(`    and ${listed.length - MAX_INDICATORS_SHOWN} more`);
  lines.push(`    with channel cut: ${responseText(response)}`);
  return `${lines.join("\n")}\n`;
}

function deedOf({ kind, peer, port, protocol, name, answers, reached }: HuntHit): string {
  const shown = printable(peer);
  const answered = answers.length === 0 ? "" : ` (${answersOf(answers)})`;
  switch (kind) {
    case "out": {
      const where = `${shown.includes(":") ? `[${shown}]` : shown}:${port}/${protocol}`;
      return `called ${where}${name === "" ? "" : ` as ${printable(name)}`}${reached ? "" : ", in vain"}`;
    }
    case "in":
      return `was called by ${shown} at port ${port}/${protocol}`;
    case "name":
      return `asked for ${shown}${answered}`;
    case "alias":
      return `was led to ${shown}${name === "" ? "" : ` by ${printable(name)}`}${answered}`;
    case "sni":
      return `named ${shown} in TLS${answered}`;
  }
}

function answersOf(answers: readonly string[]): string {
  const more = answers.length > MAX_ANSWERS_SHOWN ? " …" : "";
  return `${printable(answers.slice(0, MAX_ANSWERS_SHOWN).join(", "))}${more}`;
}

function timesOf({ count, firstAt, lastAt }: HuntHit): string {
  if (count === 1) return `once at ${timeOf(firstAt)}`;
  return `${count} times from ${timeOf(firstAt)} to ${timeOf(lastAt)}`;
}

function responseText(response: HuntResponse): string {
  switch (response.kind) {
    case "question":
      return "the question is refused, and told";
    case "answer":
      return "nothing: only names that are asked for are looked at";
    case "told":
      return "told, and not blocked";
    case "rehearsed": {
      const { action, asked, decidedBy, dryRun, spared, stoppedBy } = response;
      if (stoppedBy !== undefined) return `report instead of ${asked}: ${stoppedBy}`;
      if (dryRun && asked !== "report") return `report: ${asked} is a dry run in ${printable(decidedBy)}`;
      if (spared !== undefined) return `report: ${spared}`;
      return `${action}, by ${printable(decidedBy)}`;
    }
  }
}

function summaryOf({ hits, contacts, hours, from, revision }: HuntReport): string {
  const containers = new Set(hits.map(({ container }) => container.id)).size;
  const since = from === undefined ? "nothing was recorded" : `since ${timeOf(from)} UTC, ${hours} hours`;
  const found =
    hits.length === 0 ? "nothing listed" : `${hits.length} listed peers of ${containers} containers`;
  return `${found} in ${contacts} contacts (${since}), by revision ${revision.slice(0, 12)}\n`;
}

/** What keeps the answer from being whole. */
function reservationsOf(report: HuntReport): readonly string[] {
  const { hours, hoursMissing, damaged, leftOut, leftOutContainers, hitsLeftOut, told } = report;
  const lines: string[] = [];
  if (hours === 0)
    lines.push("nothing was recorded in this span: the agent records while it watches containers");
  else if (hoursMissing > 0) lines.push(`${hoursMissing} hours of this span were not recorded`);
  if (leftOut > 0) {
    lines.push(`${leftOut} contacts of ${leftOutContainers} containers that had too many were not recorded`);
  }
  for (const { file, reason } of damaged.slice(0, MAX_DAMAGED_SHOWN)) lines.push(`${file}: ${reason}`);
  if (damaged.length > MAX_DAMAGED_SHOWN)
    lines.push(`${damaged.length - MAX_DAMAGED_SHOWN} more files are damaged`);
  if (hitsLeftOut > 0) lines.push(`${hitsLeftOut} more contacts with listed peers are not shown`);
  if (told > 0) lines.push(`${told} contacts with peers that are told and not blocked: --all shows them`);
  return lines;
}

/** A hunt for programs. Throws `RESPONSE_POLICY`. */
export function huntDocument(context: Context, report: HuntReport): object {
  const { settings } = context;
  const { from, to, hits, ...rest } = report;
  const responses = responsesTo(context, report);
  const time = (ms: number): string => new Date(ms).toISOString();
  return {
    schemaVersion: 1,
    ...rest,
    from: from === undefined ? null : time(from),
    to: time(to),
    channel: settings.runtime?.channel ?? "off",
    hits: hits.map(({ listed, firstAt, lastAt, ...hit }, index) => ({
      ...hit,
      firstAt: time(firstAt),
      lastAt: time(lastAt),
      indicators: listed.map(({ id, indicator, reportOnlyBy }) => ({ id, ...indicator, reportOnlyBy })),
      response: responses[index],
    })),
  };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace("T", " ");
}

function shortId(id: string): string {
  return printable(id).slice(0, 12);
}

function shortDigest(digest: string): string {
  return printable(digest).slice(0, "sha256:".length + 12);
}
