import type { RuntimeEvent } from "@pratique/core";
import { array, assert, constantFrom, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { comparableFacts, type Deviation, explain } from "./deviation.ts";
import { item } from "./item.ts";
import { type EventFacts, itemsOf } from "./observe.ts";
import { Profile } from "./profile.ts";
import { image, letters } from "./testdata/arbitrary-profile.ts";
import { connectionOf, eventOf, executionOf, processOf, writeOf } from "./testdata/events.ts";

const DAY = Date.UTC(2026, 0, 2);

const someEvents = [
  executionOf("/bin/sh"),
  executionOf("/tmp/x"),
  writeOf("/var/log/a"),
  writeOf("/etc/cron.d/job"),
  connectionOf("192.0.2.1"),
  connectionOf("2001:db8::1", 80),
  eventOf("listen", { protocol: "tcp", local: { address: "::", port: 80 } }),
  eventOf("bind", { protocol: "udp", local: { address: "::", port: 5353 } }),
  eventOf("sendto", {
    protocol: "udp",
    local: { address: "::", port: 5353 },
    remote: { address: "192.0.2.7", port: 9 },
  }),
  eventOf("container"),
  ...Array.from({ length: 200 }, (_, place) => writeOf(`/srv/${letters(place)}/${letters(place)}`)),
  ...Array.from({ length: 100 }, (_, place) => connectionOf(`198.51.100.${place}`)),
];

function learned(events: readonly (typeof someEvents)[number][], facts: EventFacts = {}): Profile {
  const profile = new Profile(image);
  for (const event of events) {
    const items = itemsOf(event, facts, (listen) => profile.knows(listen));
    for (const one of items) profile.learn(one, { first: event.time, last: event.time });
  }
  return profile;
}

/** What an event does that the profile does not know. */
function deviations(profile: Profile, event: RuntimeEvent, facts: EventFacts = {}): readonly Deviation[] {
  return itemsOf(event, comparableFacts(profile, facts), (listen) => profile.knows(listen))
    .filter((each) => !profile.knows(each))
    .map((each) => explain(profile, each, event));
}

it("never tells what was learned", () => {
  const events = array(constantFrom(...someEvents), { maxLength: 300, size: "max" });
  assert(
    property(events, (seen) => {
      const profile = learned(seen);
      expect(seen.flatMap((event) => deviations(profile, event))).toEqual([]);
    }),
  );
});

it("never tells what was learned after it was merged with more", () => {
  const events = array(constantFrom(...someEvents), { maxLength: 200, size: "max" });
  assert(
    property(events, events, (left, right) => {
      const profile = learned(left);
      profile.join(learned(right));
      expect([...left, ...right].flatMap((event) => deviations(profile, event))).toEqual([]);
    }),
  );
});

describe("a deviation", () => {
  const profile = learned(
    [
      executionOf("/usr/bin/php", { time: DAY }),
      executionOf("/usr/sbin/nginx", { time: DAY }),
      writeOf("/var/log/nginx/access.log", { time: DAY + 1000 }),
      writeOf("/var/cache/x", { time: DAY }),
      connectionOf("10.0.0.5", 5432, { time: DAY }),
      eventOf("listen", { protocol: "tcp", local: { address: "::", port: 80 }, time: DAY }),
    ],
    { executableLayer: "image" },
  );
  const since = "from 2026-01-02T00:00:00Z to 2026-01-02T00:00:01Z";

  it.each([
    [
      "a new program",
      deviations(profile, executionOf("/usr/bin/curl"), { executableLayer: "added" }),
      `the program /usr/bin/curl (not from the image) ran; ${since} it was /usr/bin/php, /usr/sbin/nginx`,
      "error",
    ],
    [
      "a program in the place of another",
      deviations(profile, executionOf("/usr/bin/php"), { executableLayer: "added" }),
      `the program /usr/bin/php (not from the image) ran; ${since} it was /usr/bin/php`,
      "error",
    ],
    [
      "a new file",
      deviations(profile, writeOf("/var/www/shell.php", { process: processOf({ exePath: "/usr/bin/php" }) })),
      `/usr/bin/php wrote /var/www/shell.php; ${since} it was /var/cache/x, /var/log/nginx/access.log`,
      "notice",
    ],
    [
      "a file of many who want to stay",
      deviations(profile, writeOf("/etc/ld.so.preload")),
      `/bin/app wrote /etc/ld.so.preload; ${since} it was /var/cache/x, /var/log/nginx/access.log`,
      "error",
    ],
    [
      "a secret",
      deviations(profile, eventOf("openat", { path: "/etc/shadow", arguments: { flags: "O_RDONLY" } })),
      `/bin/app read the secret /etc/shadow; ${since} nothing of the kind was seen`,
      "warning",
    ],
  ])("explains %s", (_, [first], text, priority) => {
    expect(first).toMatchObject({ text, priority, reason: "new" });
  });

  it("names the peer and the port, each for itself", () => {
    const found = deviations(profile, connectionOf("203.0.113.9", 4444));
    expect(found.map(({ item: { kind }, came }) => `${kind}: ${came}`)).toEqual([
      "peer: /bin/app talked to 203.0.113.9 at tcp/4444",
      "port: /bin/app talked to a port tcp/4444",
    ]);
  });

  it("tells what a person said no to, though it was learned", () => {
    const own = learned([eventOf("listen", { protocol: "tcp", local: { address: "::", port: 80 } })]);
    own.decide({ item: item("listen", "tcp/80"), verdict: "rejected", by: "ada", at: 1 });
    const event = eventOf("listen", { protocol: "tcp", local: { address: "::", port: 80 } });
    expect(deviations(own, event)).toMatchObject([
      {
        reason: "rejected",
        priority: "error",
        text: "/bin/app listened on tcp/80, to which a person said no",
      },
    ]);
  });

  it("is none where the sources of the profile could not have seen it", () => {
    const own = learned([executionOf("/bin/sh")]);
    own.learnFrom({ container: "c", host: "h", sight: { systemCalls: "some", capabilities: "implied" } });
    const facts = { systemCalls: ["futex"], capabilities: ["FOWNER"], executableSha256: "a".repeat(64) };
    expect(deviations(own, executionOf("/bin/sh"), facts)).toEqual([]);
  });

  it("is another content of a program whose content was known", () => {
    const own = learned([executionOf("/bin/sh")], { executableSha256: "a".repeat(64) });
    const found = deviations(own, executionOf("/bin/sh"), { executableSha256: "b".repeat(64) });
    expect(found.map(({ item: { kind } }) => kind)).toEqual(["hash"]);
  });

  it("says so where nothing was learned yet", () => {
    const [first] = deviations(new Profile(image), executionOf("/bin/sh"));
    expect(first?.text).toBe("/bin/sh ran with user id 0, and nothing was learned yet");
  });
});
