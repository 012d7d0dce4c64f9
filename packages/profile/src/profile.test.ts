import { parseDigest } from "@pratique/core";
import { assert, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { item, pathItem, subjectItem } from "./item.ts";
import { Profile } from "./profile.ts";
import {
  anyItem,
  image,
  letters,
  manySeen,
  mergeProfiles,
  profileOf,
  textOf,
} from "./testdata/arbitrary-profile.ts";

const at = (time: number) => ({ first: time, last: time });

describe("merging", () => {
  it("does not mind the order", () => {
    assert(
      property(manySeen, manySeen, (left, right) => {
        const [a, b] = [profileOf(left), profileOf(right)];
        expect(textOf(mergeProfiles(a, b))).toBe(textOf(mergeProfiles(b, a)));
      }),
    );
  });

  it("does not mind the grouping", () => {
    assert(
      property(manySeen, manySeen, manySeen, (first, second, third) => {
        const [a, b, c] = [profileOf(first), profileOf(second), profileOf(third)];
        const left = mergeProfiles(mergeProfiles(a, b), c);
        expect(textOf(left)).toBe(textOf(mergeProfiles(a, mergeProfiles(b, c))));
      }),
    );
  });

  it("changes nothing when it is done again", () => {
    assert(
      property(manySeen, manySeen, (left, right) => {
        const a = profileOf(left);
        const both = mergeProfiles(a, profileOf(right));
        expect(textOf(mergeProfiles(a, a))).toBe(textOf(a));
        expect(textOf(mergeProfiles(both, a))).toBe(textOf(both));
      }),
    );
  });

  it("gives what one container would have taught that did it all", () => {
    assert(
      property(manySeen, manySeen, (left, right) => {
        const apart = mergeProfiles(profileOf(left), profileOf(right));
        expect(textOf(apart)).toBe(textOf(profileOf([...left, ...right])));
      }),
    );
  });

  it("refuses a profile of another image", () => {
    const other = new Profile(parseDigest(`sha256:${"b".repeat(64)}`));
    expect(() => new Profile(image).join(other)).toThrow(
      expect.objectContaining({ code: "PROFILE_OF_OTHER_IMAGE" }),
    );
  });

  it("takes the latest word of people, and of two at once the no", () => {
    const what = item("listen", "tcp/80");
    const [yes, no] = [new Profile(image), new Profile(image)];
    yes.decide({ item: what, verdict: "accepted", by: "ada", at: 5 });
    no.decide({ item: what, verdict: "rejected", by: "bob", at: 5 });
    expect(mergeProfiles(yes, no).knows(what)).toBe(false);
    expect(mergeProfiles(no, yes).knows(what)).toBe(false);
    yes.decide({ item: what, verdict: "accepted", by: "ada", at: 6 });
    expect(mergeProfiles(no, yes).knows(what)).toBe(true);
  });
});

describe("a profile", () => {
  it("knows all that it learned", () => {
    assert(
      property(manySeen, (seen) => {
        const profile = profileOf(seen);
        expect(seen.filter(({ item: what }) => !profile.knows(what))).toEqual([]);
      }),
    );
  });

  it("is the same after it was written and read", () => {
    assert(
      property(manySeen, (seen) => {
        const text = textOf(profileOf(seen));
        expect(textOf(Profile.parse(JSON.parse(text)))).toBe(text);
      }),
    );
  });

  it("keeps its values in forms that are their own", () => {
    assert(
      property(anyItem, (what) => {
        const profile = new Profile(image);
        profile.learn(what, at(1));
        expect(profile.list(what.kind)).toEqual([{ ...what, first: 1, last: 1 }]);
      }),
    );
  });

  it("does not know what it did not learn", () => {
    const profile = profileOf([{ item: pathItem("write", "/var/log/app.log"), time: 1 }]);
    expect(profile.knows(pathItem("write", "/var/log/other.log"))).toBe(false);
    expect(profile.knows(pathItem("secret", "/var/log/app.log"))).toBe(false);
  });

  it("tells a program of the image from one that was put in its place", () => {
    const profile = new Profile(image);
    profile.learn(subjectItem("executable", "/bin/app", "image"), at(1));
    expect(profile.knows(subjectItem("executable", "/bin/app", "added"))).toBe(false);
    expect(profile.knows(subjectItem("executable", "/bin/app", "unknown"))).toBe(true);
  });

  it("forgets what was not seen for long, and not what people said", () => {
    const [old, fresh] = [item("listen", "tcp/80"), item("listen", "tcp/443")];
    const said = item("listen", "tcp/22");
    const profile = profileOf([
      { item: old, time: 10 },
      { item: fresh, time: 10 },
    ]);
    profile.touch(fresh, 90);
    profile.decide({ item: said, verdict: "accepted", by: "ada", at: 1 });
    profile.age(50);
    expect([old, fresh, said].map((what) => profile.knows(what))).toEqual([false, true, true]);
  });

  it("hears a finer word before a coarser one", () => {
    const profile = new Profile(image);
    const coarse = { kind: "write", subject: "/data", value: "/data/*" } as const;
    profile.decide({ item: coarse, verdict: "accepted", by: "ada", at: 1 });
    profile.decide({ item: pathItem("write", "/data/key"), verdict: "rejected", by: "ada", at: 1 });
    expect(profile.knows(pathItem("write", "/data/any"))).toBe(true);
    expect(profile.knows(pathItem("write", "/data/key"))).toBe(false);
  });
});

describe("under a flood", () => {
  const MOST_BYTES = 4 * 1024 * 1024;

  it("stays small, whatever is done", () => {
    const profile = new Profile(image);
    for (let number = 0; number < 40_000; number += 1) {
      const name = letters(number);
      profile.learn(
        pathItem("write", `/d${letters(number % 60)}/${name}/${name}/${"y".repeat(150)}`),
        at(number),
      );
      profile.learn(
        item("peer", `${name}.${letters(number % 900)}.example tcp/${number % 65_536}`),
        at(number),
      );
      profile.learn(subjectItem("executable", `/tmp/${"x".repeat(300)}${name}`, "added"), at(number));
      profile.learn(subjectItem("parent", `/tmp/${letters(number % 999)}`, `/tmp/${name}`), at(number));
      profile.learn(item("name", `${name}.${letters(number % 250)}.example`), at(number));
    }
    expect(textOf(profile).length).toBeLessThan(MOST_BYTES);
    expect(profile.isOpen("executable")).toBe(true);
    expect(profile.isOpen("write")).toBe(true);
  });

  it("never makes paths as coarse as the root", () => {
    const profile = new Profile(image);
    for (let number = 0; number < 5000; number += 1)
      profile.learn(pathItem("write", `/${letters(number)}`), at(1));
    for (let number = 0; number < 5000; number += 1) {
      profile.learn(pathItem("write", `/tmp/${letters(number)}/${letters(number)}`), at(1));
    }
    expect(profile.list("write").map(({ value }) => value)).toEqual(["/*", "/tmp/**"]);
    expect(profile.knows(pathItem("write", "/etc/app/config"))).toBe(false);
  });

  it("never takes what is sensitive into something coarser", () => {
    const profile = new Profile(image);
    for (let number = 0; number < 500; number += 1) {
      profile.learn(pathItem("write", `/etc/${letters(number)}`), at(1));
      profile.learn(pathItem("write", `/etc/app/${letters(number)}/${letters(number)}`), at(1));
    }
    expect(profile.knows(pathItem("write", "/etc/anything"))).toBe(true);
    expect(profile.knows(pathItem("write", "/etc/ld.so.preload"))).toBe(false);
    expect(profile.knows(pathItem("write", "/etc/cron.d/job"))).toBe(false);
  });

  it("makes many addresses of one network that network", () => {
    const profile = new Profile(image);
    for (let host = 1; host < 40; host += 1) profile.learn(item("peer", `203.0.113.${host} tcp/443`), at(1));
    profile.learn(item("peer", "198.51.100.7 tcp/443"), at(1));
    expect(profile.list("peer").map(({ value }) => value)).toEqual([
      "198.51.100.7 tcp/443",
      "203.0.113.0/24 tcp/443",
    ]);
    expect(profile.knows(item("peer", "203.0.113.200 tcp/80"))).toBe(false);
  });

  it("makes many names of one site that site, and no more", () => {
    const profile = new Profile(image);
    for (let host = 1; host < 40; host += 1) {
      profile.learn(item("peer", `${letters(host)}.shop.co.uk tcp/443`), at(1));
    }
    expect(profile.list("peer").map(({ value }) => value)).toEqual(["*.shop.co.uk tcp/443"]);
    expect(profile.knows(item("peer", "a.other.co.uk tcp/443"))).toBe(false);
  });
});

describe("reading", () => {
  const good = () =>
    structuredClone(JSON.parse(textOf(profileOf([{ item: item("listen", "tcp/80"), time: 3 }]))));

  it.each<readonly [string, (document: Record<string, unknown>) => void, string]>([
    ["a newer version", (document) => Object.assign(document, { version: 2 }), "PROFILE_VERSION_UNKNOWN"],
    ["a member that nobody knows", (document) => Object.assign(document, { more: 1 }), "PROFILE_MALFORMED"],
    ["no decisions", (document) => delete document.decisions, "PROFILE_MALFORMED"],
    ["an image that is none", (document) => Object.assign(document, { image: "nginx" }), "PROFILE_MALFORMED"],
    ["a kind that nobody knows", (document) => edit(document, { kind: "mood" }), "PROFILE_MALFORMED"],
    [
      "a subject that is not the value's",
      (document) => editSubject(document, { subject: "x" }),
      "PROFILE_MALFORMED",
    ],
    ["a level too many", (document) => editSubject(document, { level: 2 }), "PROFILE_MALFORMED"],
    ["a value that is finer than its level", (document) => editSubject(document, fine), "PROFILE_MALFORMED"],
    ["values out of order", (document) => editSubject(document, { values: unsorted }), "PROFILE_MALFORMED"],
    ["values of what is open", (document) => editSubject(document, { open: [1, 2] }), "PROFILE_MALFORMED"],
    [
      "times out of order",
      (document) => editSubject(document, { values: [["tcp/80", 4, 3]] }),
      "PROFILE_MALFORMED",
    ],
    ["a subject without anything", (document) => editSubject(document, { values: [] }), "PROFILE_MALFORMED"],
  ])("refuses %s", (_, change, code) => {
    const document = good();
    expect(() => Profile.parse(document)).not.toThrow();
    change(document);
    expect(() => Profile.parse(document)).toThrow(expect.objectContaining({ code }));
  });

  const fine = { level: 1, values: [["tcp/40000", 3, 3]] };
  const unsorted = [
    ["tcp/80", 3, 3],
    ["tcp/22", 3, 3],
  ];

  it.each([undefined, null, 7, "text", [], { version: 1 }])("refuses %j", (document) => {
    expect(() => Profile.parse(document)).toThrow(expect.objectContaining({ code: "PROFILE_MALFORMED" }));
  });

  function edit(document: Record<string, unknown>, change: object): void {
    const kinds = document.kinds;
    if (Array.isArray(kinds)) Object.assign(kinds[0], change);
  }

  function editSubject(document: Record<string, unknown>, change: object): void {
    const kinds = document.kinds;
    if (Array.isArray(kinds)) Object.assign(kinds[0].subjects[0], change);
  }
});
