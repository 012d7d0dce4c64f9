import { describe, expect, it } from "vitest";
import { channelForms, draftOfSettings, idOf, missingSettings, settingsOf } from "./settings-forms.ts";

const { email, webhook } = channelForms;

it("reads what it writes, without secrets", () => {
  const settings = {
    host: "mail.example",
    port: 465,
    security: "tls",
    from: "a@b.example",
    to: ["x@b.example", "y@b.example"],
  };
  const draft = draftOfSettings(email, { ...settings, password: "kept elsewhere" });
  expect(draft.password).toBe("");
  expect(settingsOf(email, draft)).toEqual(settings);
});

it("leaves out what is empty, and says a switch only where it is on", () => {
  expect(settingsOf(webhook, { url: " https://a.example ", secret: "", allowPlainHttp: "" })).toEqual({
    url: "https://a.example",
  });
  expect(settingsOf(webhook, { allowPlainHttp: "true" })).toEqual({ allowPlainHttp: true });
});

it("misses what is required, but not a secret that is set", () => {
  expect(missingSettings(webhook, {}, [])).toEqual(["Address", "Shared secret"]);
  expect(missingSettings(webhook, {}, ["url", "secret"])).toEqual([]);
});

describe("an id", () => {
  it.each([
    ["Team A, mail", "team-a-mail"],
    ["  Ärger  ", "arger"],
    ["!!", ""],
  ])("of %j is %j", (name, id) => {
    expect(idOf(name)).toBe(id);
  });
});
