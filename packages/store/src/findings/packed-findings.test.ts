import { array, assert, boolean, integer, property, record, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { StoreError } from "../errors.ts";
import {
  type CountedFinding,
  ENTRY,
  PACKED,
  type PackedFindings,
  packFindings,
  unpackFindings,
} from "./packed-findings.ts";
import { VulnerabilityTally } from "./vulnerability-tally.ts";

const finding = record<CountedFinding>({
  vulnerability: integer({ min: 1, max: 40_000 }),
  package: integer({ min: 1, max: 2 ** 32 - 1 }),
  severity: integer({ min: 0, max: 5 }),
  fixable: boolean(),
  knownExploited: boolean(),
  firstSeenMs: integer({ min: 0, max: 8.64e15 }),
});

function findingsIn({ times, entries }: PackedFindings): CountedFinding[] {
  return Array.from({ length: entries.length / ENTRY }, (_, index) => {
    const rest = entries[index * ENTRY + 2] ?? 0;
    return {
      vulnerability: entries[index * ENTRY] ?? 0,
      package: entries[index * ENTRY + 1] ?? 0,
      severity: rest & PACKED.severity,
      fixable: (rest & PACKED.fixable) !== 0,
      knownExploited: (rest & PACKED.knownExploited) !== 0,
      firstSeenMs: times[rest >>> PACKED.timeShift] ?? 0,
    };
  });
}

function isOursOrWhole(bytes: Uint8Array): boolean {
  try {
    return unpackFindings(bytes).entries.length % ENTRY === 0;
  } catch (thrown) {
    return thrown instanceof StoreError;
  }
}

const texts = (findings: readonly CountedFinding[]) => findings.map((each) => JSON.stringify(each)).sort();

describe("packed findings", () => {
  it("come out as they went in", () => {
    assert(
      property(array(finding), (findings) => {
        expect(texts(findingsIn(unpackFindings(packFindings(findings))))).toEqual(
          texts(findings.map((each) => ({ ...each }))),
        );
      }),
    );
  });

  it("are the same bytes in whatever order they were given", () => {
    assert(
      property(array(finding), (findings) => {
        expect(packFindings(findings.toReversed())).toEqual(packFindings(findings));
      }),
    );
  });

  it("are refused where they are anything else, with no error but ours", () => {
    const whole = packFindings([
      { vulnerability: 1, package: 2, severity: 5, fixable: true, knownExploited: true, firstSeenMs: 3 },
    ]);
    for (const bytes of [whole.subarray(1), whole.subarray(0, -1), new Uint8Array(0), new Uint8Array(20)]) {
      expect(() => unpackFindings(bytes)).toThrow(StoreError);
    }
    assert(
      property(uint8Array({ maxLength: 64 }), (bytes) => {
        expect(isOursOrWhole(bytes)).toBe(true);
      }),
    );
  });

  it("are counted once for each image, by the worst that it has, since a moment or ever", () => {
    assert(
      property(
        array(array(finding), { maxLength: 4 }),
        integer({ min: 0, max: 8.64e15 }),
        (images, afterMs) => {
          const tally = new VulnerabilityTally();
          for (const each of images) tally.add(unpackFindings(packFindings(each)), afterMs);
          const late = images.map((each) => each.filter(({ firstSeenMs }) => firstSeenMs > afterMs));
          const numbers = [...new Set(late.flat().map(({ vulnerability }) => vulnerability))].sort(
            (a, b) => a - b,
          );
          const expected = numbers.map((number) => {
            const having = late
              .map((each) => each.filter(({ vulnerability }) => vulnerability === number))
              .filter((each) => each.length > 0);
            return {
              number,
              images: having.length,
              worst: Math.max(...having.flat().map(({ severity }) => severity)),
              fixable: having.filter((each) => each.some(({ fixable }) => fixable)).length,
              knownExploited: having.flat().some(({ knownExploited }) => knownExploited),
            };
          });
          expect([...tally.found()]).toEqual(expected);
        },
      ),
    );
  });
});
