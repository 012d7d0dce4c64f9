import { channelKinds } from "@pratique/notify";
import { describe, expect, it } from "vitest";
import { type ChannelSettings, secretsAfter, splitSettings } from "./channel-secrets.ts";

function kindOf(name: string) {
  const kind = channelKinds.find((each) => each.name === name);
  if (kind === undefined) throw new Error(`there is no ${name}`);
  return kind;
}

const mail = { host: "mail.example", port: 587, from: "a@example", to: ["b@example"] };
const before = { kind: "email", open: mail, secrets: { password: "old" } };

function secretsOf(settings: ChannelSettings, kind = "email") {
  return secretsAfter(splitSettings(kindOf(kind), settings), before, kind);
}

it("takes the secrets of a kind out of its settings", () => {
  expect(splitSettings(kindOf("email"), { ...mail, password: "p" })).toEqual({
    open: mail,
    secrets: { password: "p" },
  });
  expect(splitSettings(kindOf("slack"), { url: "https://x" })).toEqual({
    open: {},
    secrets: { url: "https://x" },
  });
});

describe("after a change, the secrets", () => {
  it.each([
    ["stay when they are left out", { ...mail, to: ["c@example"] }, { password: "old" }],
    ["are those that are given", { ...mail, password: "new" }, { password: "new" }],
    ["are gone when they are given as empty", { ...mail, password: "" }, {}],
    [
      "may go elsewhere when they are given",
      { ...mail, host: "evil.example", password: "new" },
      { password: "new" },
    ],
  ])("%s", (_, settings, expected) => {
    expect(secretsOf(settings)).toEqual(expected);
  });

  it.each([
    ["another host", { ...mail, host: "evil.example" }, "email"],
    ["another port", { ...mail, port: 25 }, "email"],
    ["less security", { ...mail, security: "none" }, "email"],
    ["another kind", { host: "mail.example", port: 587 }, "syslog"],
  ])("do not go to %s on their own", (_, settings, kind) => {
    expect(() => secretsOf(settings, kind)).toThrow(expect.objectContaining({ code: "SETTINGS_INVALID" }));
  });

  it("do not go to another URL on their own", () => {
    const hook = { kind: "webhook", open: {}, secrets: { url: "https://a", secret: "s".repeat(16) } };
    const given = splitSettings(kindOf("webhook"), { url: "https://evil" });
    expect(() => secretsAfter(given, hook, "webhook")).toThrow(
      expect.objectContaining({ code: "SETTINGS_INVALID" }),
    );
  });
});
