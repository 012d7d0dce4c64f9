import { expect, it } from "vitest";
import { workshop } from "../testdata/workshop.ts";
import { type History, huntIn, type RecordedFlow, type RecordedName } from "./hunt.ts";

function recorded(
  flows: readonly Partial<RecordedFlow>[],
  names: readonly Partial<RecordedName>[] = [],
): History {
  return {
    flows: () =>
      flows.map((flow) => ({
        time: 1,
        container: "web",
        address: "198.51.100.7",
        port: 443,
        live: false,
        ...flow,
      })),
    names: () => names.map((each) => ({ time: 1, container: "web", name: "evil.example", ...each })),
  };
}

it("finds what was recorded and is listed now, and what would be cut", async () => {
  using shop = workshop();
  await shop.update([`list:${shop.feed("c2.txt", "198.51.100.7\nevil.example\n8.8.8.8\n203.0.113.1:80\n")}`]);
  using set = shop.open();
  const history = recorded(
    [
      { live: true },
      { live: false, container: "db" },
      { live: true, address: "::ffff:198.51.100.7" },
      { live: true, address: "192.0.2.1" },
      { live: true, address: "203.0.113.1", port: 443 },
      // Told and not blocked.
      { live: true, address: "8.8.8.8", port: 53 },
    ],
    [{ name: "WWW.evil.example." }, { name: "good.example" }],
  );
  const report = await huntIn(history, set);
  expect(report).toMatchObject({ flows: 6, names: 2, hitCount: 5, wouldCut: 2, complete: true });
  expect(report.hits.map(({ peer, container }) => `${container} ${peer}`)).toEqual([
    "web 198.51.100.7:443",
    "db 198.51.100.7:443",
    "web [::ffff:198.51.100.7]:443",
    "web 8.8.8.8:53",
    "web WWW.evil.example.",
  ]);
  expect(report.containers).toEqual(["web", "db"]);
});

it("leaves out what the set before found already", async () => {
  using before = workshop();
  using after = workshop();
  await before.update([`list:${before.feed("c2.txt", "198.51.100.7\n8.8.8.8\n")}`]);
  const ignoreWarningLists = ["builtin-resolvers"];
  await after.update([`list:${after.feed("c2.txt", "198.51.100.0/24\n8.8.8.8\n")}`], { ignoreWarningLists });
  using known = before.open();
  using set = after.open();
  const history = recorded([{ live: true }, { address: "198.51.100.8" }, { address: "8.8.8.8", live: true }]);
  const report = await huntIn(history, set, { known });
  // What was told before would be cut now: that is news.
  expect(report.hits.map(({ peer }) => peer)).toEqual(["198.51.100.8:443", "8.8.8.8:443"]);
  expect(report.wouldCut).toBe(1);
});

it("keeps a bounded number of hits, counts them all, and stops when it is called off", async () => {
  using shop = workshop();
  await shop.update([`list:${shop.feed("c2.txt", "198.51.100.7\n")}`]);
  using set = shop.open();
  const history = recorded(Array.from({ length: 50 }, () => ({ live: true })));
  expect(await huntIn(history, set, { maxHits: 3 })).toMatchObject({
    hitCount: 50,
    wouldCut: 50,
    hits: { length: 3 },
  });
  expect(await huntIn(history, set, { signal: AbortSignal.abort() })).toMatchObject({
    flows: 0,
    complete: false,
  });
});
