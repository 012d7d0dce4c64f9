import { parseDigest } from "@pratique/core";
import { array, constantFrom, nat, oneof, tuple } from "fast-check";
import { type Item, item, itemKinds, pathItem, subjectItem } from "../item.ts";
import { Profile } from "../profile.ts";

export const image = parseDigest(`sha256:${"a".repeat(64)}`);

const path = array(constantFrom("a", "b", "c", "etc", "cron.d", "x1", "tmp", ".ssh", "*", "9f86d081"), {
  minLength: 1,
  maxLength: 6,
}).map((segments) => `/${segments.join("/")}`);
/** Paths of one directory, many enough to make a set coarser. */
const crowded = nat(400).map((number) => `/var/lib/${letters(number)}/${letters(number % 90)}`);
const peer = oneof(
  tuple(nat(3), nat(3), nat(30)).map(([a, b, c]) => `10.${a}.${b}.${c} tcp/443`),
  nat(60).map((number) => `${letters(number)}.example.co.uk tcp/443`),
  nat(40).map((number) => `2001:db8::${number.toString(16)} udp/53`),
);

export const anyItem = oneof(
  tuple(constantFrom("write", "socket", "secret", "mount"), oneof(path, crowded)).map(([kind, value]) =>
    pathItem(kind as "write", value),
  ),
  peer.map((value) => item("peer", value)),
  nat(40_000).map((port) => item("listen", `tcp/${port}`)),
  tuple(path, constantFrom("image", "added")).map(([file, layer]) => subjectItem("executable", file, layer)),
  tuple(nat(400), nat(30)).map(([child, parent]) => subjectItem("parent", letters(child), letters(parent))),
  nat(50).map((uid) => item("user", String(uid))),
);

export interface Seen {
  readonly item: Item;
  readonly time: number;
}

export const anySeen = tuple(anyItem, nat(1000)).map(([what, time]): Seen => ({ item: what, time }));
export const manySeen = array(anySeen, { maxLength: 300, size: "max" });

export function profileOf(seen: readonly Seen[]): Profile {
  const profile = new Profile(image);
  const sight = { systemCalls: "some", capabilities: "implied" } as const;
  for (const { item: what, time } of seen) {
    profile.learn(what, { first: time, last: time });
    profile.learnFrom({ container: `c${time % 70}`, host: `h${time % 3}`, sight });
  }
  return profile;
}

/** Text, so that two profiles compare byte by byte. */
export function textOf(profile: Profile): string {
  return JSON.stringify(profile.toDocument());
}

/** A name of letters alone for a number: digits would become a pattern. */
export function letters(number: number): string {
  return [...String(number)].map((digit) => "abcdefghij"[Number(digit)]).join("");
}

export const everyKind = itemKinds;

/** Joins profiles of one image from several containers and hosts into a new one. */
export function mergeProfiles(first: Profile, ...others: readonly Profile[]): Profile {
  const merged = new Profile(first.image);
  for (const profile of [first, ...others]) merged.join(profile);
  return merged;
}
