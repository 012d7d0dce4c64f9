import type { Approval } from "@pratique/api";

type Asked = Pick<Approval, "endpoint" | "summary" | "subject" | "details">;

/** What happens when somebody agrees, as one says it: `Grant the exception from baseline/no-critical for shop/*`. */
export function approvalWords(asked: Asked): string {
  const { endpoint, subject, details } = asked;
  switch (endpoint) {
    case "createException":
      return exceptionWords(details);
    case "respondToContainer":
      return containerWords(subject.id, textIn(details, "action"));
    case "revokeHost":
      return `Revoke the host ${subject.id}`;
    case "setGateMode":
      return `Have the gate of ${subject.id} ${details.mode === "enforce" ? "enforce" : "only observe"}`;
    case "createAccount":
      return `Make the account ${textIn(details, "login")}`;
    case "createGrant":
      return `Give the role ${textIn(details, "role")}`;
    default:
      return summaryWords(asked);
  }
}

function exceptionWords(details: Asked["details"]): string {
  const scope = Object(details.scope);
  const images = [...textsIn(scope, "images"), ...textsIn(scope, "digests")];
  const hosts = textsIn(scope, "hosts");
  return [
    `Grant the exception from ${textsIn(details, "rules").join(", ")}`,
    images.length === 0 ? "" : ` for ${images.join(", ")}`,
    hosts.length === 0 ? "" : ` on ${hosts.join(", ")}`,
  ].join("");
}

/** A container's id is `host~id`, and engines show the first characters of theirs. */
function containerWords(containerId: string, action: string): string {
  const at = containerId.lastIndexOf("~");
  const host = containerId.slice(0, Math.max(at, 0));
  const verb = action === "" ? "Act on" : `${action.slice(0, 1).toUpperCase()}${action.slice(1)}`;
  return `${verb} the container ${containerId.slice(at + 1, at + 13)}${host === "" ? "" : ` on ${host}`}`;
}

/** What the operation does, as something to do: `Removes a channel` becomes `Remove a channel`. */
function summaryWords({ summary, subject }: Asked): string {
  const [first = ""] = summary.split(/[;:]/u, 1);
  const words = first
    .replace(/^Has\b/u, "Have")
    .replace(/^(?<verb>\p{Lu}\p{Ll}+[^s])s\b/u, "$<verb>")
    .replace(/ or (?<verb>changes|ends)\b/u, (found) => found.slice(0, -1));
  return subject.id === "" ? words : `${words}: ${subject.id}`;
}

function textIn(values: Readonly<Record<string, unknown>>, name: string): string {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  return typeof value === "string" ? value : "";
}

function textsIn(values: Readonly<Record<string, unknown>>, name: string): readonly string[] {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  return Array.isArray(value) ? value.filter((text) => typeof text === "string") : [];
}
