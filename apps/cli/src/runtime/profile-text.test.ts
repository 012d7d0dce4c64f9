import { expect, it } from "vitest";
import type { ProfileView } from "./profile-answers.ts";
import { profileTable, profileText } from "./profile-text.ts";

const profile: ProfileView = {
  image: `sha256:${"a".repeat(64)}`,
  names: ["shop:1"],
  mode: "watch",
  since: Date.UTC(2026, 0, 2),
  openDeviations: 1,
  withheld: 1,
  counts: { executable: 2, write: 3 },
  openKinds: [],
  open: [{ name: "write:/etc/x", priority: "error", text: "/bin/sh wrote /etc/x", count: 2 }],
  withheldItems: [{ name: "executable:/tmp/tool=added", rule: "Drift" }],
  decisions: [{ name: "write:/data/**", verdict: "accepted", by: "uid:0" }],
  items: [{ name: "executable:/bin/sh=image", kind: "executable" }],
};

it("shows how far each image is, by name", () => {
  const other: ProfileView = { ...profile, names: [], mode: "learn", until: Date.UTC(2026, 0, 3) };
  expect(profileTable([profile, other])).toBe(
    "MODE    UNTIL            NEW  HELD KNOWN IMAGE ID     IMAGE\n" +
      `learn   2026-01-03 00:00 1    1    5     aaaaaaaaaaaa sha256:${"a".repeat(64)}\n` +
      "watch   –                1    1    5     aaaaaaaaaaaa shop:1\n",
  );
});

it("names each thing by what accepts it", () => {
  const text = profileText(profile);
  expect(text).toContain("error     write:/etc/x\n            /bin/sh wrote /etc/x, 2 times\n");
  expect(text).toContain("  executable:/tmp/tool=added  (Drift)\n");
  expect(text).toContain("  accepted write:/data/**  (by uid:0)\n");
  expect(text).toContain("Known:\n  executable:/bin/sh=image\n");
});

it("says what could not be known, and lets no name move the terminal", () => {
  const text = profileText({ ...profile, names: ["\u001b[2Jshop"], openKinds: ["write"] });
  expect(text).toContain("too much was seen to know all of: write");
  expect(text).not.toContain("\u001b");
});
