import { createHash } from "node:crypto";
import type { NewNotice, WatchedHost } from "@pratique/store";
import { z } from "zod";
import { linesOf, linkTo, noticeOf, type Origin } from "./notice.ts";

/** What is read of a host's status. */
const status = z.object({
  gate: z.object({
    state: z.string(),
    since: z.string().optional(),
    detail: z.string().optional(),
  }),
  agent: z.object({ startedAt: z.string() }),
  policies: z.object({ errors: z.array(z.string()) }),
});

const MAX_ERRORS = 5;
/** A host that joined longer ago is no news, whatever else is new of it. */
const JOINED_IS_NEWS_MS = 86_400_000;

/** What somebody should hear of a host that has changed. What was told before is not told again. */
export function hostNotices(host: WatchedHost, nowMs: number, origin: Origin): readonly NewNotice[] {
  const read = status.safeParse(host.status).data;
  return [
    ...identityNotices(host, nowMs, origin),
    ...(read === undefined
      ? []
      : [...gateNotices(host, read, nowMs, origin), ...policyNotices(host, read, nowMs, origin)]),
  ];
}

/** Tells of an agent that was not heard of for too long. */
export function silentNotice(host: WatchedHost, nowMs: number, origin: Origin): NewNotice {
  return aboutHost(host, {
    kind: "agent.silent",
    severity: "high",
    key: host.heardAt ?? "",
    title: `The agent of ${host.name} is silent`,
    text: linesOf(
      `It was heard of for the last time at ${host.heardAt}.`,
      "Its gate goes on deciding from what it has, but nothing that happens there is seen.",
      "What to do: see whether the host runs and reaches the server; then, there:  pratique agent status",
    ),
    nowMs,
    origin,
  });
}

function identityNotices(host: WatchedHost, nowMs: number, origin: Origin): readonly NewNotice[] {
  const { name, identityState, joinedAt, serial } = host;
  const about = { nowMs, origin };
  if (identityState === "cloned") {
    return [
      aboutHost(host, {
        ...about,
        kind: "agent.cloned",
        severity: "critical",
        key: serial ?? "",
        title: `Two programs speak as ${name}`,
        text: linesOf(
          "The key of its agent is used by two programs at once, so one of them is not the agent.",
          "What to do: revoke the host, find out who copied the key, and let the host join anew.",
        ),
      }),
    ];
  }
  if (identityState === "revoked") {
    return [
      aboutHost(host, {
        ...about,
        kind: "host.revoked",
        severity: "medium",
        key: serial ?? "",
        title: `${name} was revoked`,
        text: linesOf(
          "Its certificate opens nothing from now on.",
          "What to do: nothing, where that was meant; otherwise let it join anew.",
        ),
      }),
    ];
  }
  if (joinedAt === null || nowMs - Date.parse(joinedAt) > JOINED_IS_NEWS_MS) return [];
  return [
    aboutHost(host, {
      ...about,
      kind: "host.joined",
      severity: "low",
      key: joinedAt,
      title: `${name} has joined`,
      text: linesOf(
        `A host joined as ${name} at ${joinedAt}.`,
        "What to do: nothing, where you know of it; otherwise revoke it, and see who made its token.",
      ),
    }),
  ];
}

type Read = z.output<typeof status>;

function gateNotices(
  host: WatchedHost,
  { gate, agent }: Read,
  nowMs: number,
  origin: Origin,
): readonly NewNotice[] {
  if (gate.state !== "down") return [];
  return [
    aboutHost(host, {
      kind: "gate.down",
      severity: "critical",
      key: gate.since ?? agent.startedAt,
      title: `The gate of ${host.name} is down`,
      text: linesOf(
        gate.detail,
        "Depending on how it was set up, the engine refuses every call there, or lets every call pass.",
        "What to do, on that host:  pratique gate status",
      ),
      nowMs,
      origin,
    }),
  ];
}

function policyNotices(
  host: WatchedHost,
  { policies }: Read,
  nowMs: number,
  origin: Origin,
): readonly NewNotice[] {
  const { errors } = policies;
  if (errors.length === 0) return [];
  return [
    aboutHost(host, {
      kind: "policy.error",
      severity: "high",
      key: createHash("sha256").update(JSON.stringify(errors)).digest("base64url").slice(0, 22),
      title: `The policies on ${host.name} have errors`,
      text: linesOf(
        "The last policies without errors stay in force.",
        ...errors.slice(0, MAX_ERRORS).map((error) => `- ${error}`),
        "What to do: mend them; on that host,  pratique policy lint  names every error.",
      ),
      nowMs,
      origin,
    }),
  ];
}

function aboutHost(
  { name, labels }: WatchedHost,
  {
    kind,
    severity,
    key,
    title,
    text,
    nowMs,
    origin,
  }: {
    readonly kind: string;
    readonly severity: "critical" | "high" | "medium" | "low";
    /** What is another one whenever it happens anew. */
    readonly key: string;
    readonly title: string;
    readonly text: string;
    readonly nowMs: number;
    readonly origin: Origin;
  },
): NewNotice {
  const once = `${kind}/${name}/${key}`;
  return noticeOf(
    {
      id: once,
      kind,
      severity,
      labels,
      title,
      text,
      subject: { kind: "host", id: name },
      link: linkTo(origin, "hosts", name),
      time: new Date(nowMs).toISOString(),
      dedupKey: once,
    },
    once,
  );
}
