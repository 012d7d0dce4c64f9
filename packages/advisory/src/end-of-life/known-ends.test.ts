import { expect, it } from "vitest";
import { knownEnds } from "./known-ends.ts";
import { isDay, releaseName } from "./release-end.ts";

it.each(knownEnds.map((end) => [`${end.distro} ${end.release}`, end] as const))(
  "%s has days, and a name that a root can have",
  (_, { distro, release, ends, endsForSubscribers = "9999-12-31" }) => {
    expect(isDay(ends)).toBe(true);
    expect(isDay(endsForSubscribers)).toBe(true);
    expect(endsForSubscribers > (ends ?? "")).toBe(true);
    const version = release.replace("stream-", "");
    expect(releaseName(distro, version)).toBe(version);
  },
);
