import type { FilesInUse, ProfileEntry, ProfilesReport, ReplyOf, showProfile } from "@pratique/api";
import { filesInUse, listProfiles } from "@pratique/api";
import { messageOf } from "@pratique/core";
import {
  formatHardening,
  formatItem,
  type HardeningFormat,
  hardeningOf,
  ImageLearner,
  type Item,
  itemKinds,
  nameOf,
  type Span,
  summarize,
  viewOf,
} from "@pratique/profile";
import type { LearnedProfile, StoredProfile, StoredProfileSummary } from "@pratique/store";
import { z } from "zod";
import { ServerError } from "../errors.ts";

type Reported = ProfilesReport["profiles"][number];
type ProfileView = ReplyOf<typeof showProfile>;

/** Where and by what it was learned is in the document; nothing is learned here. */
const reader = { host: "", sight: { systemCalls: "some", capabilities: "implied" } } as const;

/** What is kept with a document, of which the document says nothing. */
const stored = z.object({
  architecture: z.string(),
  learning: z.unknown(),
  inUse: filesInUse.exactOptional(),
});
const summary = listProfiles.reply.shape.items.element.omit({ host: true, image: true, takenAt: true });

/** Reads what a host tells of a profile, as strictly as the agent reads its own. Throws `REQUEST_MALFORMED`. */
export function readReported({
  image,
  names,
  lastEventAt,
  architecture,
  learning,
  inUse,
}: Reported): LearnedProfile {
  const learner = restored(learning);
  if (learner.profile.image !== image) {
    throw new ServerError("REQUEST_MALFORMED", "expected a profile of the image that it is told of");
  }
  const {
    mode,
    since,
    until,
    waitsFor = "",
    openDeviations,
    withheld,
    counts,
    openKinds,
  } = summarize(learner);
  const shown: z.input<typeof summary> = {
    names: [...names],
    mode,
    since: timeOf(since),
    until: timeOf(until),
    waitsFor,
    deviations: openDeviations,
    withheld,
    known: Object.values(counts).reduce((sum, count) => sum + count, 0),
    openKinds: [...openKinds],
    lastEventAt,
  };
  return {
    image,
    names,
    mode,
    deviations: openDeviations,
    summary: shown,
    document: { architecture, learning, ...(inUse !== undefined && { inUse }) },
  };
}

/** A profile as lists show it. Checked when it was taken; read again, for an earlier version may have written it. */
export function profileEntryOf({ host, image, takenAt, summary: kept }: StoredProfileSummary): ProfileEntry {
  return listProfiles.reply.shape.items.element.parse({ ...summary.parse(kept), host, image, takenAt });
}

/** All of a profile. */
export function profileViewOf(profile: StoredProfile): ProfileView {
  const learner = restored(stored.parse(profile.document).learning);
  const { settings, open, withheldItems, decisions } = viewOf(learner);
  const { learnMs, watchMs, afterWatch } = settings;
  return {
    ...profileEntryOf(profile),
    settings: { learnMs, watchMs, afterWatch },
    learned: itemKinds.flatMap((kind) => learner.profile.list(kind).map((item) => itemOf(item, item))),
    open: open.map(({ item, span, text, priority, count }) => ({
      ...itemOf(item, span),
      text,
      priority,
      times: count,
    })),
    withheldItems: withheldItems.map(({ item, span, rule }) => ({ ...itemOf(item, span), rule })),
    decisions: decisions.map(({ item, verdict, by, at }) => ({
      kind: item.kind,
      name: formatItem(item),
      text: nameOf(item),
      verdict,
      by,
      at: instantOf(at),
    })),
  };
}

/** The files of the image that its containers executed: what was put there while they ran is none of its packages. */
export function executedIn(profile: StoredProfile): readonly string[] {
  const learner = restored(stored.parse(profile.document).learning);
  return learner.profile
    .list("executable")
    .filter(({ value }) => value === "image")
    .map(({ subject }) => subject);
}

/** Which files of the image processes had in use; undefined where the host has not told. */
export function filesInUseIn(profile: StoredProfile): FilesInUse | undefined {
  return stored.parse(profile.document).inUse;
}

interface Exported {
  readonly fileName: string;
  readonly text: string;
  readonly unknown: string[];
  readonly explanation: string;
}

const endings = {
  seccomp: "json",
  docker: "args",
  compose: "compose.yaml",
  kubernetes: "pod.yaml",
} as const satisfies Record<HardeningFormat, string>;

/** Writes a profile in one of the formats. Throws `CONFLICT` where there is none for the host's processor. */
export function exportOf(
  profile: StoredProfile,
  { format, name }: { readonly format: HardeningFormat; readonly name: string },
): Exported {
  const { architecture, learning } = stored.parse(profile.document);
  const hardening = hardeningOf(restored(learning).profile, { architecture });
  const { names } = summary.parse(profile.summary);
  const options = { name, image: names.at(-1) ?? profile.image, seccompPath: `./${name}.json` };
  const text = formatHardening(format, hardening, options);
  if (text === undefined) {
    throw new ServerError("CONFLICT", `there are no seccomp profiles for ${JSON.stringify(architecture)}`);
  }
  return {
    fileName: `${name}.${endings[format]}`,
    text,
    unknown: [...hardening.unknown],
    explanation: hardening.seccomp?.explanation ?? "",
  };
}

function restored(learning: unknown): ImageLearner {
  try {
    return ImageLearner.restore(reader, learning);
  } catch (thrown) {
    throw new ServerError("REQUEST_MALFORMED", `this is no profile: ${messageOf(thrown)}`);
  }
}

function itemOf(item: Item, span: Span) {
  return {
    kind: item.kind,
    name: formatItem(item),
    text: nameOf(item),
    firstAt: instantOf(span.first),
    lastAt: instantOf(span.last),
  };
}

function timeOf(ms: number | undefined): string | null {
  return ms === undefined ? null : instantOf(ms);
}

function instantOf(ms: number): string {
  return new Date(ms).toISOString();
}
