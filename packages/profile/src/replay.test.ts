import { assert, property } from "fast-check";
import { expect, it } from "vitest";
import { hardeningOf } from "./hardening.ts";
import { Profile } from "./profile.ts";
import { concretePath, replayOf } from "./replay.ts";
import { anyItem, image, manySeen, profileOf } from "./testdata/arbitrary-profile.ts";
import { webServer } from "./testdata/web-server.ts";

function stepsOf(profile: Profile) {
  return replayOf(profile, hardeningOf(profile));
}

it("repeats what was learned, and tries what was not", () => {
  const told = stepsOf(webServer()).map(({ action, target, expected }) => `${action} ${target} ${expected}`);
  expect(told).toEqual(
    expect.arrayContaining([
      "execute /usr/sbin/nginx works",
      "write /var/cache/nginx/proxy_temp/7/7/7 works",
      "listen tcp/80 works",
      "connect api.example.com tcp/8443 works",
      "write /etc/pratique-replay refused",
      "call ptrace refused",
    ]),
  );
});

it("repeats what the profile knows", () => {
  assert(
    property(manySeen, (seen) => {
      const profile = profileOf(seen);
      const strange = stepsOf(profile).filter(
        ({ expected, item }) => (expected === "works") !== (item !== undefined && profile.knows(item)),
      );
      expect(strange).toEqual([]);
    }),
  );
});

it("names paths that their pattern stands for", () => {
  assert(
    property(anyItem, (what) => {
      const profile = new Profile(image);
      profile.learn(what, { first: 1, last: 1 });
      if (what.kind !== "write") return;
      expect(profile.knows({ ...what, value: what.value })).toBe(true);
      expect(concretePath(what.value)).not.toContain("<");
    }),
  );
});

it("has a bound", () => {
  const profile = webServer();
  for (let number = 0; number < 9000; number += 1) {
    profile.learn(
      { kind: "executable", subject: `/bin/${number % 250}`, value: "image" },
      { first: 1, last: 1 },
    );
    profile.learn({ kind: "syscall", subject: "", value: `call${number % 500}` }, { first: 1, last: 1 });
  }
  expect(stepsOf(profile).length).toBeLessThan(600);
});
