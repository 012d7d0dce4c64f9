import { type Digest, isDigest } from "@pratique/core";
import {
  type ExportOptions,
  formatHardening,
  formatItem,
  type Hardening,
  hardeningOf,
  type Item,
  itemKinds,
  itemViewsOf,
  readItem,
  replayOf,
  summarize,
  viewOf,
} from "@pratique/profile";
import type { InUse } from "../in-use/files-in-use.ts";
import { goArchitecture } from "./go-architecture.ts";
import type { LearnedImage, ProfileBook } from "./learning.ts";
import type { ExportFormat, ProfileRequest } from "./profile-requests.ts";

export interface ProfileSources {
  readonly learning: ProfileBook;
  /** Which files of an image processes have in use; undefined where that is not known yet. */
  readonly inUse: (image: Digest) => InUse | undefined;
  /** The image that the engine has by a name; undefined where it has none. */
  readonly imageNamed: (name: string) => Promise<Digest | undefined>;
  /** Whose containers are learned: `unix:///var/run/docker.sock`. */
  readonly engine: string;
}

const MIN_PREFIX = 6;

/** Answers what is asked about profiles. Throws for what cannot be answered. */
export async function answerProfile(request: ProfileRequest, sources: ProfileSources): Promise<object> {
  const { learning } = sources;
  if (request.command === "profiles") return listed(sources);
  const found = await findImage(request.image, sources);
  const { image } = found;
  switch (request.command) {
    case "profile":
      return shown(found);
    case "profile-mode": {
      const { mode, settings, afresh, by } = request;
      learning.setMode(image, {
        mode,
        by,
        ...(settings !== undefined && { settings }),
        ...(afresh !== undefined && { afresh }),
      });
      return summaryOf(learning.find(image) ?? found);
    }
    case "profile-decide": {
      const { verdict, by } = request;
      const item = itemOf(found, request.item);
      learning.decide(image, item, { verdict, by });
      return { ...summaryOf(found), item: formatItem(item), verdict };
    }
    case "profile-export":
      return exported(found, request);
    case "profile-replay":
      return { ...replayed(found), engine: sources.engine };
    case "profile-document":
      return documentOf(found, sources.inUse(image));
  }
}

function listed({ learning, inUse }: ProfileSources): object {
  const profiles = learning.all().map((each) => ({ ...summaryOf(each), ...extentOf(inUse(each.image)) }));
  return { profiles, leftOut: learning.leftOut };
}

function summaryOf({ learner, names, lastEventAt }: LearnedImage): object {
  return { ...summarize(learner), names, ...(lastEventAt > 0 && { lastEventAt }) };
}

/** What tells whether more is known of the files that are in use. */
function extentOf(inUse: InUse | undefined): object {
  if (inUse === undefined) return {};
  return { filesInUse: inUse.executed.length + inUse.loaded.length, filesInUseWhole: inUse.isWhole };
}

function shown({ learner, names }: LearnedImage): object {
  const view = viewOf(learner);
  return {
    ...view,
    names,
    open: view.open.map((each) => ({ ...each, name: formatItem(each.item) })),
    withheldItems: view.withheldItems.map((each) => ({ ...each, name: formatItem(each.item) })),
    decisions: view.decisions.map((each) => ({ ...each, name: formatItem(each.item) })),
    items: itemKinds.flatMap((kind) =>
      itemViewsOf(learner, kind).map((each) => ({ ...each, name: formatItem(each) })),
    ),
  };
}

/** What the server keeps of it: without what waits to be learned, which names processes and is old in minutes. */
function documentOf({ image, learner, names, lastEventAt }: LearnedImage, inUse: InUse | undefined): object {
  const learning = { ...learner.toDocument(), candidates: [], taints: [] };
  return {
    image,
    names,
    ...(lastEventAt > 0 && { lastEventAt }),
    learning,
    ...(inUse !== undefined && { inUse }),
  };
}

function exported(
  { learner, names, image }: LearnedImage,
  { format, name = "app", seccompPath }: Extract<ProfileRequest, { command: "profile-export" }>,
): object {
  const hardening = hardeningOf(learner.profile, { architecture: goArchitecture() });
  const options = { name, image: names.at(-1) ?? image, seccompPath: seccompPath ?? `./${name}.json` };
  return {
    image,
    mode: learner.mode,
    unknown: hardening.unknown,
    explanation: hardening.seccomp?.explanation ?? "",
    text: textOf(format, hardening, options),
  };
}

/** How a container is to be started to try it, and what is to be tried in it. */
function replayed({ learner, image, names }: LearnedImage): object {
  const { profile, mode } = learner;
  const hardening = hardeningOf(profile, { architecture: goArchitecture() });
  return { image, names, mode, unknown: hardening.unknown, hardening, steps: replayOf(profile, hardening) };
}

function textOf(format: ExportFormat, hardening: Hardening, options: ExportOptions): string {
  if (format === "json") return `${JSON.stringify(hardening, undefined, 2)}\n`;
  const text = formatHardening(format, hardening, options);
  if (text === undefined) throw new Error("there are no seccomp profiles for the processors of this host");
  return text;
}

/** What is known of it by its name is meant before anything that could be read out of it. */
function itemOf({ learner }: LearnedImage, text: string): Item {
  const { open, withheld } = learner.status();
  const known = [...open, ...withheld].find(({ item }) => formatItem(item) === text);
  return known?.item ?? readItem(text);
}

/** By its digest or the beginning of it, by what the engine calls so now, and by what was started under that name. */
async function findImage(text: string, { learning, imageNamed }: ProfileSources): Promise<LearnedImage> {
  const byDigest = isDigest(text) ? learning.find(text) : oneThatBegins(text, learning);
  if (byDigest !== undefined) return byDigest;
  const named = isDigest(text) ? undefined : await imageNamed(text);
  const byEngine = named === undefined ? undefined : learning.find(named);
  if (byEngine !== undefined) return byEngine;
  const [byName] = learning
    .all()
    .filter(({ names }) => names.includes(text) || names.includes(`${text}:latest`))
    .toSorted((left, right) => right.lastEventAt - left.lastEventAt);
  // Another image has that name now, and what was learned is not of it.
  if (byName === undefined || named !== undefined) {
    throw new Error(
      `nothing was learned of an image ${JSON.stringify(text)} yet: no container of it ran here`,
    );
  }
  return byName;
}

function oneThatBegins(text: string, learning: ProfileBook): LearnedImage | undefined {
  const hex = text.replace(/^sha256:/u, "");
  if (hex.length < MIN_PREFIX || !/^[0-9a-f]+$/u.test(hex)) return undefined;
  const found = learning.all().filter(({ image }) => image.startsWith(`sha256:${hex}`));
  return found.length === 1 ? found[0] : undefined;
}
