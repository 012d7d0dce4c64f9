import { isDigest, type RuntimeContainer } from "@pratique/core";
import type { HuntHit } from "@pratique/intel";
import { type RehearsedResponse, type ResponsePolicy, ResponseRehearsal } from "@pratique/response";

/** What would have been done about a hit with `runtime.channel: cut`. */
export type HuntResponse =
  /** Names that are asked for are refused by the kernel; about the container nothing is done. */
  | { readonly kind: "question" }
  /** What an answer leads to is not looked at while it happens. */
  | { readonly kind: "answer" }
  /** On a warning list, or of little confidence. */
  | { readonly kind: "told" }
  | ({ readonly kind: "rehearsed" } & RehearsedResponse);

/** Rehearses a policy with hits, which are in the order of time. */
export function rehearseHits(policy: ResponsePolicy, hits: readonly HuntHit[]): readonly HuntResponse[] {
  const rehearsal = new ResponseRehearsal(policy);
  return hits.map((hit, index) => {
    const { kind, container, peer, port, protocol, answers, listed, firstAt } = hit;
    const [strongest] = listed;
    if (strongest === undefined || strongest.reportOnlyBy !== undefined) return { kind: "told" };
    if (kind === "name") return { kind: "question" };
    if (kind === "alias") return { kind: "answer" };
    // Of a name in a hello what is cut is the address that it was sent to.
    const address = kind === "sni" ? (answers[0] ?? "") : peer;
    const response = rehearsal.rehearse(
      {
        id: String(index),
        container: runtimeContainerOf(container),
        indicator: strongest.indicator,
        remote: { address, port },
        protocol,
        pid: 0,
        time: new Date(firstAt).toISOString(),
        prevented: true,
      },
      { isOwn: container.own },
    );
    return { kind: "rehearsed", ...response };
  });
}

/** As much as a policy asks for. */
function runtimeContainerOf({ id, name, image, imageId, labels }: HuntHit["container"]): RuntimeContainer {
  return {
    id,
    runtime: "other",
    name,
    image,
    imageId: isDigest(imageId) ? imageId : undefined,
    privileged: false,
    labels,
    mounts: [],
    createdAt: 0,
  };
}
