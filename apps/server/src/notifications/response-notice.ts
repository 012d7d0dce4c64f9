import { createHash } from "node:crypto";
import type { NewNotice, WatchedRuntime } from "@pratique/store";
import { z } from "zod";
import { linesOf, linkTo, noticeOf, type Origin } from "./notice.ts";

const document = z.object({
  event: z.string(),
  action: z.string().catch(""),
  reason: z.string().catch(""),
  container: z.string().catch(""),
  /** Another form is no id of an engine's, and would not do in a link. */
  containerId: z
    .string()
    .regex(/^[A-Za-z0-9]{1,64}$/u)
    .optional()
    .catch(undefined),
  proved: z.boolean().optional(),
});

/** What is wrong with a response, as people say it; undefined where nothing is. */
function problemOf({ event, proved }: z.output<typeof document>): string | undefined {
  switch (event) {
    case "response.failed":
      return "could not be done";
    case "response.release-failed":
      return "could not be undone";
    case "response.breaker-tripped":
      return "is not done any more: there were too many at once";
    default:
      return proved === false ? "was done, and the kernel does not show that it works" : undefined;
  }
}

/** Tells of a response that failed, or that was done and not proved; undefined for one that is as it should be. */
export function responseNotice(
  { id, host, labels, time, document: held }: WatchedRuntime,
  origin: Origin,
): NewNotice | undefined {
  const response = document.safeParse(held).data;
  const problem = response === undefined ? undefined : problemOf(response);
  if (response === undefined || problem === undefined) return undefined;
  const { event, action, reason, container, containerId } = response;
  const what = action === "" ? "A response" : JSON.stringify(action);
  const where = container === "" ? host : `${JSON.stringify(container)} on ${host}`;
  return noticeOf({
    id,
    kind: "response.failed",
    severity: "critical",
    labels,
    title: `${what} about ${where} ${problem}`,
    text: linesOf(
      reason,
      "What was detected there may go on.",
      "What to do: look at the container, and kill it where it has to end.",
    ),
    subject: { kind: "host", id: host },
    link:
      containerId === undefined
        ? linkTo(origin, "hosts", host)
        : linkTo(origin, "containers", `${host}~${containerId}`),
    time,
    dedupKey: createHash("sha256")
      .update(JSON.stringify(["response", event, host, action, containerId ?? ""]))
      .digest("base64url"),
  });
}
