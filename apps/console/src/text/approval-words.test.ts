import { publicEndpoints } from "@pratique/api";
import { expect, it } from "vitest";
import { approvalWords } from "./approval-words.ts";

type Asked = Parameters<typeof approvalWords>[0];

function asked(endpoint: string, more: Partial<Asked> = {}): Asked {
  const summary = publicEndpoints.find(({ id }) => id === endpoint)?.summary ?? endpoint;
  return { endpoint, summary, subject: { kind: "body", id: "" }, details: {}, ...more };
}

const on = (kind: string, id: string) => ({ subject: { kind, id } });

it.each<[Asked, string]>([
  [
    asked("createException", {
      details: { rules: ["a/b", "c/d"], scope: { images: ["shop/*"], hosts: ["web-1"] } },
    }),
    "Grant the exception from a/b, c/d for shop/* on web-1",
  ],
  [
    asked("createException", { details: { rules: ["a/b"], scope: { digests: ["sha256:0"] } } }),
    "Grant the exception from a/b for sha256:0",
  ],
  [
    asked("respondToContainer", {
      ...on("container", "web-1~0123456789abcdef"),
      details: { action: "quarantine" },
    }),
    "Quarantine the container 0123456789ab on web-1",
  ],
  [asked("revokeHost", on("host", "web-1")), "Revoke the host web-1"],
  [
    asked("setGateMode", { ...on("host", "web-1"), details: { mode: "observe" } }),
    "Have the gate of web-1 only observe",
  ],
  [asked("createAccount", { details: { login: "eve" } }), "Make the account eve"],
  [asked("createGrant", { details: { role: "operator" } }), "Give the role operator"],
  [asked("putPolicy", on("policy", "team")), "Make or change a policy: team"],
  [asked("deleteChannel", on("channel", "mail")), "Remove a channel: mail"],
  [
    asked("scanImage", on("image", "sha256:0")),
    "Have an image scanned again on a host that holds it: sha256:0",
  ],
  [asked("putRetention"), "Change how long each class of data is kept"],
  [asked("operationOfALaterVersion"), "operationOfALaterVersion"],
])("says what is asked for: %# %o", (approval, expected) => {
  expect(approvalWords(approval)).toBe(expected);
});

it("says nothing of what is not in the form that it knows", () => {
  expect(approvalWords(asked("createException", { details: { rules: [1, null], scope: "x" } }))).toBe(
    "Grant the exception from ",
  );
});

it("begins each act of the API with something to do", () => {
  const acts = publicEndpoints.filter(({ method }) => method !== "GET");
  const words = acts.map(({ id }) => approvalWords(asked(id)).split(" ", 1)[0] ?? "");
  expect(words.filter((word) => /[^s]s$/u.test(word))).toEqual([]);
});
