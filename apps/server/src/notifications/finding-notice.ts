import { type Severity, severities } from "@pratique/core";
import type { NewNotice, WatchedImage } from "@pratique/store";
import { counted, type Labels, linesOf, linkTo, noticeOf, type Origin } from "./notice.ts";

const OWNER_LABEL = "team";
const MAX_HOSTS = 5;

interface NoticeOptions {
  readonly happened: Happened;
  /** The team that the image says it belongs to. */
  readonly imageTeam: string | undefined;
  readonly origin: Origin;
}

/**
 * Tells what is new in an image, once to each team on whose hosts it lies. An image says itself whose it is only where
 * no host does: whoever makes an image must not choose who hears of it.
 */
export function findingNotices(
  image: WatchedImage,
  { happened, imageTeam, origin }: NoticeOptions,
): readonly NewNotice[] {
  const teams = new Map<string, { readonly hosts: string[]; readonly labels: Labels[] }>();
  for (const { name, labels } of image.hosts) {
    const team = labels[OWNER_LABEL] ?? imageTeam ?? "";
    const told = teams.get(team) ?? { hosts: [], labels: [] };
    told.hosts.push(name);
    told.labels.push(labels);
    teams.set(team, told);
  }
  if (teams.size === 0) teams.set(imageTeam ?? "", { hosts: [], labels: [] });
  return [...teams].map(([team, { hosts, labels }]) =>
    noticeFor(image, {
      happened,
      hosts,
      labels: { ...inCommon(labels), ...(team !== "" && { [OWNER_LABEL]: team }) },
      origin,
    }),
  );
}

/** What happened: a scan found something, or advisories told it later of packages that the image had before. */
type Happened = "finding.new" | "finding.affected";

function noticeFor(
  image: WatchedImage,
  {
    happened,
    hosts,
    labels,
    origin,
  }: {
    readonly happened: Happened;
    readonly hosts: readonly string[];
    readonly labels: Labels;
    readonly origin: Origin;
  },
): NewNotice {
  const { reference, imageId, counts, fixable, knownExploited, foundAt } = image;
  const total = severities.reduce((sum, severity) => sum + (counts[severity] ?? 0), 0);
  const worst: Severity = severities.find((severity) => (counts[severity] ?? 0) > 0) ?? "unknown";
  const once = `${happened}/${imageId}/${foundAt}/${labels[OWNER_LABEL] ?? ""}`;
  const title =
    happened === "finding.new"
      ? `${counted(total, "new finding")} in ${reference}: ${inWords(counts)}`
      : `${reference} is newly affected: ${inWords(counts)}`;
  return noticeOf(
    {
      id: once,
      kind: happened,
      severity: worst,
      labels,
      title,
      text: linesOf(
        whatHappened(image, happened, total),
        knownExploited > 0
          ? `${counted(knownExploited, "of them is", "of them are")} known to be exploited.`
          : undefined,
        `${fixable === 0 ? "For none of them there is a fix" : `For ${fixable} of ${total} there is a fix`}.`,
        placesOf(hosts),
        fixable > 0
          ? "What to do: build the image anew with the fixed packages, and replace what runs."
          : undefined,
      ),
      subject: { kind: "image", id: reference },
      link: linkTo(origin, "images", imageId),
      time: foundAt,
      dedupKey: once,
    },
    once,
  );
}

function whatHappened({ worst, running }: WatchedImage, happened: Happened, total: number): string {
  const named = `${worst.join(", ")}${total > worst.length ? " and others" : ""}`;
  if (happened === "finding.new") return `The newest scan found them for the first time: ${named}.`;
  const runs =
    running === 0 ? "No container runs it." : `${counted(running, "container runs", "containers run")} it.`;
  return linesOf(`The image is the same; new advisories tell of packages in it: ${named}.`, runs);
}

function inWords(counts: WatchedImage["counts"]): string {
  return severities
    .filter((severity) => (counts[severity] ?? 0) > 0)
    .map((severity) => `${counts[severity]} ${severity}`)
    .join(", ");
}

function placesOf(hosts: readonly string[]): string {
  if (hosts.length === 0) return "It is not known to lie on any host.";
  const named = hosts.slice(0, MAX_HOSTS).join(", ");
  return `It lies on ${named}${hosts.length > MAX_HOSTS ? ` and ${hosts.length - MAX_HOSTS} other hosts` : ""}.`;
}

function inCommon(all: readonly Labels[]): Labels {
  const [first = {}, ...others] = all;
  return Object.fromEntries(
    Object.entries(first).filter(([key, value]) => others.every((labels) => labels[key] === value)),
  );
}
