import { printable } from "@pratique/report";
import { z } from "zod";

/** How a container is to be started, and what is to be tried in it, as the agent says it. */
export const trialPlan = z.object({
  image: z.string(),
  /** Under which it was started, the last one last. */
  names: z.array(z.string()),
  /** Whose container it is to be: `unix:///var/run/docker.sock`. */
  engine: z.string(),
  mode: z.string(),
  unknown: z.array(z.string()),
  hardening: z.object({
    user: z.string().optional(),
    readOnlyRoot: z.boolean(),
    tmpfs: z.array(z.string()),
    volumes: z.array(z.string()),
    mounts: z.array(z.string()),
    capDrop: z.array(z.string()),
    capAdd: z.array(z.string()),
    noNewPrivileges: z.boolean(),
    seccomp: z.object({ profile: z.looseObject({}) }).optional(),
  }),
  steps: z.array(
    z.object({
      action: z.enum(["execute", "write", "read", "listen", "connect", "resolve", "call"]),
      target: z.string(),
      expected: z.enum(["works", "refused"]),
      item: z.object({ value: z.string() }).optional(),
    }),
  ),
});

export type TrialPlan = z.output<typeof trialPlan>;
type Step = TrialPlan["steps"][number];

/** What became of a step. `error` is the kernel's name of it, or why it was not tried. */
export interface Tried extends Pick<Step, "action" | "target" | "expected"> {
  readonly found: "works" | "refused" | "not tried";
  readonly error?: string;
}

/** What of an API's description of a container follows from a profile. The trial has no network, and volumes of its own. */
export function trialSettings({ hardening }: TrialPlan) {
  const { user, readOnlyRoot, tmpfs, volumes, capDrop, capAdd, noNewPrivileges, seccomp } = hardening;
  const security = [
    ...(noNewPrivileges ? ["no-new-privileges"] : []),
    ...(seccomp === undefined ? [] : [`seccomp=${JSON.stringify(seccomp.profile)}`]),
  ];
  return {
    ...(user !== undefined && { User: user }),
    Volumes: Object.fromEntries(volumes.map((place) => [place, {}])),
    HostConfig: {
      ReadonlyRootfs: readOnlyRoot,
      Tmpfs: Object.fromEntries(tmpfs.map((place) => [place, ""])),
      CapDrop: capDrop,
      CapAdd: capAdd,
      SecurityOpt: security,
    },
  };
}

/** Why a step cannot be tried in a container that stands alone; undefined where it can. */
export function whyNotTried({ action, target, expected, item }: Step, plan: TrialPlan): string | undefined {
  if (action === "connect" || action === "resolve") return "a trial talks to nobody";
  // Some would end who tries them, or keep it waiting.
  if (action === "call" && expected === "works") return "a learned call is not made by itself";
  if (action === "execute" && item?.value !== "image") return "it was not in the image";
  const isMounted = plan.hardening.mounts.some((place) => target === place || target.startsWith(`${place}/`));
  return isMounted ? "it lies on what is mounted" : undefined;
}

const REFUSALS = ["EPERM", "EACCES", "EROFS"];
/** Nothing is there to be read or run: a secret that others are given, a program that has gone. */
const ABSENT = ["ENOENT", "ENOTDIR"];

/** What a step's answer means. A call that the kernel takes to be wrong was let through to it. */
export function triedBy({ action, target, expected }: Step, answer: string): Tried {
  const step = { action, target, expected };
  if (answer === "ok") return { ...step, found: "works" };
  if (REFUSALS.includes(answer) || (action === "call" && answer === "ENOSYS"))
    return { ...step, found: "refused", error: answer };
  if (action === "call") return { ...step, found: "works" };
  if (ABSENT.includes(answer) && (action === "read" || action === "execute"))
    return { ...step, found: "not tried", error: "it is not in the image" };
  // A program that runs cannot be written, nor a port be had that is taken: both were allowed to ask.
  if (answer === "ETXTBSY" || answer === "EADDRINUSE") return { ...step, found: "works" };
  // What is to be refused was not, only because it failed.
  return { ...step, found: expected === "works" ? "refused" : "not tried", error: answer };
}

const EXPECTED_WORDS = { works: "was learned", refused: "was never seen" } as const;

/** What came otherwise than expected, a line each, and the sums. */
export function trialText(tried: readonly Tried[]): string {
  const wrong = tried.filter(({ expected, found }) => found !== "not tried" && found !== expected);
  const lines = wrong.map(
    ({ action, target, expected, found, error }) =>
      `${found === "works" ? "works" : `refused, ${error}`}: ${action} ${target}, which ${EXPECTED_WORDS[expected]}`,
  );
  const sum = (expected: Tried["expected"]) => {
    const of = tried.filter((each) => each.expected === expected && each.found !== "not tried");
    return `${of.filter(({ found }) => found === expected).length} of ${of.length}`;
  };
  const left = tried.filter(({ found }) => found === "not tried");
  const reasons = [...Map.groupBy(left, ({ error }) => error ?? "")].map(
    ([why, those]) => `${those.length}: ${why}`,
  );
  return [
    ...lines.map(printable),
    ...(lines.length > 0 ? [""] : []),
    `what was learned works        ${sum("works")}`,
    `what never was seen, refused  ${sum("refused")}`,
    `not tried                     ${left.length}${left.length > 0 ? `  (${reasons.join("; ")})` : ""}`,
    "",
  ].join("\n");
}
