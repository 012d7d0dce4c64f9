import { assert, property } from "fast-check";
import { expect, it } from "vitest";
import { hardeningOf } from "./hardening.ts";
import { Profile } from "./profile.ts";
import { concretePath, itemOfStep, replayPlan } from "./replay.ts";
import { anyItem, image, manySeen, profileOf } from "./testdata/arbitrary-profile.ts";
import { webServer } from "./testdata/web-server.ts";

const options = { name: "web", image: "nginx:1.27", seccompPath: "/tmp/web.json" };

function planOf(profile: Profile) {
  return replayPlan(profile, hardeningOf(profile), options);
}

it("repeats what was learned, and tries what was not", () => {
  const { steps, flags, mounts, seccomp } = planOf(webServer());
  const told = steps.map(({ action, target, expected }) => `${action} ${target} ${expected}`);
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
  expect(flags).toContain("--read-only");
  expect(mounts).toEqual(["/data"]);
  expect(JSON.parse(seccomp ?? "")).toHaveProperty("defaultAction", "SCMP_ACT_ERRNO");
});

it("plans what the profile knows", () => {
  assert(
    property(manySeen, (seen) => {
      const profile = profileOf(seen);
      const strange = planOf(profile).steps.filter((step) => {
        const what = itemOfStep(step);
        return step.expected === "works" && what !== undefined && !profile.knows(what);
      });
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
  expect(planOf(profile).steps.length).toBeLessThan(600);
});
