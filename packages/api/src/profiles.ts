import { priorities } from "@pratique/core";
import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { pageOf, pageQuery } from "./paging.ts";
import { count, digest, identifier, instant, name, text } from "./scalars.ts";

/** The most images of which a host learns. */
const MAX_PROFILES = 256;
/** The most profiles in one report. */
const MAX_PROFILES_AT_ONCE = 16;
const MAX_NAMES = 16;
const MAX_USED_FILES = 2048;
const MAX_PATH = 512;
const MAX_SETTING_MS = 3650 * 24 * 3_600_000;

const mode = z.enum(["learn", "watch", "enforce"]);
const ms = z.int().min(0).max(MAX_SETTING_MS);
const kinds = [
  "executable",
  "hash",
  "parent",
  "peer",
  "port",
  "name",
  "listen",
  "socket",
  "write",
  "mount",
  "secret",
  "capability",
  "user",
  "syscall",
] as const;

/** How long a profile learns and watches, and what it does then. */
const timers = {
  learnMs: ms.exactOptional(),
  watchMs: ms.exactOptional(),
  afterWatch: z.enum(["stay", "enforce"]).exactOptional(),
};

const usedFiles = z.array(z.string().max(MAX_PATH)).max(MAX_USED_FILES);

/** Which files of an image processes of its containers have in use, as one host has seen it. */
export const filesInUse = z.strictObject({
  /** Since when the processes of its containers are looked at, and when one was last. */
  since: instant,
  until: instant,
  /** Every process that ran for more than a moment was looked at, and all that it had in use. */
  isWhole: z.boolean(),
  /** Paths from the root, with leading slashes. */
  executed: usedFiles,
  /** What was not executed itself: in memory, or an archive that is open. */
  loaded: usedFiles,
});

export type FilesInUse = z.output<typeof filesInUse>;

/**
 * Takes what a host learned of images. `known` are all images of which it has a profile: of others the server forgets
 * what it had. Profiles that are not among `profiles` have not changed.
 */
export const putProfiles = {
  id: "putProfiles",
  method: "PUT",
  path: "/agent/v1/profiles",
  on: "self",
  summary: "Takes what the host learned of images; may be repeated",
  permission: "agent",
  audit: "none",
  body: z.strictObject({
    known: z.array(digest).max(MAX_PROFILES),
    /** Images of which nothing is learned, since there was no place. */
    leftOut: count,
    profiles: z
      .array(
        z.strictObject({
          image: digest,
          /** By which it was started, the latest last. */
          names: z.array(name).max(MAX_NAMES),
          lastEventAt: instant.nullable(),
          /** Of the host's processor, as Go calls it: a seccomp profile is made for it. */
          architecture: name,
          /** The whole document, as packages/profile writes it; the server reads it as strictly. */
          learning: z.record(z.string(), z.unknown()),
          /** Which files of the image processes have in use; absent where they have not been looked at long enough. */
          inUse: filesInUse.exactOptional(),
        }),
      )
      .max(MAX_PROFILES_AT_ONCE),
  }),
} as const satisfies Endpoint;

export type ProfilesReport = z.output<typeof putProfiles.body>;

/** What a host learned of an image, in short. */
const profileEntry = z.strictObject({
  host: name,
  image: digest,
  names: z.array(name),
  mode,
  /** Since when; null before the first event. */
  since: instant.nullable(),
  /** When the next mode begins by itself; null where it does not. */
  until: instant.nullable(),
  /** Why it does not go on by itself; empty where it does. */
  waitsFor: text,
  /** Deviations to which nobody has said yes or no. */
  deviations: count,
  /** What was withheld, since a rule matched whoever did it. */
  withheld: count,
  /** Items that are known. */
  known: count,
  /** Kinds of which there was too much to know it all. */
  openKinds: z.array(z.enum(kinds)),
  lastEventAt: instant.nullable(),
  /** When the host told it. */
  takenAt: instant,
});

export type ProfileEntry = z.output<typeof profileEntry>;

export const listProfiles = {
  id: "listProfiles",
  method: "GET",
  path: "/api/v1/profiles",
  on: "list",
  summary: "Lists what hosts learned of images, those with most deviations first",
  permission: "runtime.read",
  audit: "none",
  query: z.strictObject({
    ...pageQuery,
    text: z.string().max(256).exactOptional(),
    host: name.exactOptional(),
    mode: mode.exactOptional(),
    imageId: digest.exactOptional(),
    /** Only those with deviations to which nobody has said yes or no, or only those without. */
    deviations: z.stringbool().exactOptional(),
  }),
  reply: pageOf(profileEntry).extend({
    /** Images of which hosts learn nothing, since there was no place. */
    leftOut: count,
  }),
  csv: [
    "host",
    "image",
    "names",
    "mode",
    "since",
    "until",
    "waitsFor",
    "deviations",
    "withheld",
    "known",
    "openKinds",
    "lastEventAt",
    "takenAt",
  ],
} as const satisfies Endpoint;

const item = {
  kind: z.enum(kinds),
  /** By which it is accepted or rejected. */
  name: text,
  text,
  firstAt: instant,
  lastAt: instant,
};

const profileParams = z.strictObject({ host: name, image: digest });

/** Shows all of what a host learned of an image. */
export const showProfile = {
  id: "showProfile",
  method: "GET",
  path: "/api/v1/hosts/{host}/profiles/{image}",
  on: "host",
  summary:
    "Shows what a host learned of an image: programs, peers, ports, files, capabilities, and what deviates",
  permission: "runtime.read",
  audit: "none",
  params: profileParams,
  reply: profileEntry.extend({
    settings: z.strictObject({ learnMs: ms, watchMs: ms, afterWatch: z.enum(["stay", "enforce"]) }),
    learned: z.array(z.strictObject(item)),
    open: z.array(z.strictObject({ ...item, priority: z.enum(priorities), times: count })),
    withheldItems: z.array(z.strictObject({ ...item, rule: text })),
    decisions: z.array(
      z.strictObject({
        kind: z.enum(kinds),
        name: text,
        text,
        verdict: z.enum(["accepted", "rejected"]),
        by: text,
        at: instant,
      }),
    ),
  }),
} as const satisfies Endpoint;

/** Writes down how to run an image so that it can do what was learned, and little else. */
export const exportProfile = {
  id: "exportProfile",
  method: "GET",
  path: "/api/v1/hosts/{host}/profiles/{image}/export",
  on: "host",
  summary: "Writes what was learned of an image as a seccomp profile, for Docker, Compose or Kubernetes",
  permission: "runtime.read",
  audit: "none",
  params: profileParams,
  query: z.strictObject({
    format: z.enum(["seccomp", "docker", "compose", "kubernetes"]).default("seccomp"),
    /** What documents call the container. */
    name: z
      .string()
      .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u)
      .default("app"),
  }),
  reply: z.strictObject({
    fileName: name,
    text: z.string(),
    /** What was too much to know it all, so that nothing is made stricter by it. */
    unknown: z.array(text),
    explanation: text,
  }),
} as const satisfies Endpoint;

const told = z.strictObject({ commandId: identifier });

/** Has a host's agent change how it goes on with a profile. The agent records it with the name of who asked. */
export const setProfileMode = {
  id: "setProfileMode",
  method: "POST",
  path: "/api/v1/hosts/{host}/profiles/{image}/mode",
  on: "host",
  summary: "Has a host learn an image on or anew, watch it, or enforce what it learned",
  permission: "profiles.write",
  audit: "policy",
  recorded: ["mode", "afresh", "learnMs", "watchMs", "afterWatch", "reason"],
  params: profileParams,
  body: z.strictObject({
    mode,
    ...timers,
    /** Whether what was learned is forgotten first, and what people said of it is not; for `learn` alone. */
    afresh: z.boolean().exactOptional(),
    reason: z.string().min(1).max(4096),
  }),
  reply: told,
} as const satisfies Endpoint;

/** Has a host's agent take something for known, or tell it whatever else was learned. */
export const decideProfileItem = {
  id: "decideProfileItem",
  method: "POST",
  path: "/api/v1/hosts/{host}/profiles/{image}/decisions",
  on: "host",
  summary: "Has a host accept something that containers of an image do, or reject it",
  permission: "profiles.write",
  audit: "policy",
  recorded: ["item", "verdict", "reason"],
  params: profileParams,
  body: z.strictObject({
    /** By its name: `write:/data/**`. */
    item: z.string().min(1).max(2048),
    verdict: z.enum(["accepted", "rejected"]),
    reason: z.string().min(1).max(4096),
  }),
  reply: told,
} as const satisfies Endpoint;

/** What the agent is told of a profile. */
export const profileCommands = [
  z.strictObject({
    id: identifier,
    kind: z.literal("set-profile-mode"),
    imageId: digest,
    mode,
    ...timers,
    afresh: z.boolean().exactOptional(),
    /** Who asks, as the record names people. */
    by: z.string().min(1).max(256),
    expiresAt: instant,
  }),
  z.strictObject({
    id: identifier,
    kind: z.literal("decide-profile-item"),
    imageId: digest,
    item: z.string().min(1).max(2048),
    verdict: z.enum(["accepted", "rejected"]),
    by: z.string().min(1).max(256),
    expiresAt: instant,
  }),
] as const;
