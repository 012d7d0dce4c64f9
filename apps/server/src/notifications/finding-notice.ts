import { type Severity, severities } from "@pratique/core";
import type { NewNotice, WatchedImage } from "@pratique/store";
import { counted, type Labels, linesOf, linkTo, noticeOf, type Origin } from "./notice.ts";

const OWNER_LABEL = "team";
const MAX_HOSTS = 5;

/**
 * Tells what is new in an image, once to each team on whose hosts it lies. An image says itself whose it is only where
 * no host does: whoever makes an image must not choose who hears of it.
 */
export function findingNotices(
  image: WatchedImage,
  imageTeam: string | undefined,
  origin: Origin,
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
      hosts,
      labels: { ...inCommon(labels), ...(team !== "" && { [OWNER_LABEL]: team }) },
      origin,
    }),
  );
}

function noticeFor(
  image: WatchedImage,
  {
    hosts,
    labels,
    origin,
  }: { readonly hosts: readonly string[]; readonly labels: Labels; readonly origin: Origin },
): NewNotice {
  const { reference, imageId, counts, fixable, knownExploited, scannedAt } = image;
  const total = severities.reduce((sum, severity) => sum + (counts[severity] ?? 0), 0);
  const worst: Severity = severities.find((severity) => (counts[severity] ?? 0) > 0) ?? "unknown";
  const once = `finding.new/${imageId}/${scannedAt}/${labels[OWNER_LABEL] ?? ""}`;
  return noticeOf(
    {
      id: once,
      kind: "finding.new",
      severity: worst,
      labels,
      title: `${counted(total, "new finding")} in ${reference}: ${inWords(counts)}`,
      text: linesOf(
        `The newest scan found them for the first time: ${image.worst.join(", ")}${total > image.worst.length ? " and others" : ""}.`,
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
      time: scannedAt,
      dedupKey: once,
    },
    once,
  );
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
