import { assert, integer, property, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import {
  consistencyRanges,
  EMPTY_ROOT,
  inclusionRanges,
  isConsistent,
  isIncluded,
  type LeafRange,
  leafHash,
  nodeHash,
  perfectNodes,
} from "./merkle.ts";
import { TreeEdge } from "./tree-edge.ts";

const leaves = Array.from({ length: 300 }, (_, at) => leafHash(Buffer.from(`leaf ${at}`)));

/** RFC 6962, 2.1, as it stands there. */
function naiveRoot(hashes: readonly Uint8Array[]): Uint8Array {
  const [first = EMPTY_ROOT] = hashes;
  if (hashes.length < 2) return first;
  const split = 2 ** Math.floor(Math.log2(hashes.length - 1));
  return nodeHash(naiveRoot(hashes.slice(0, split)), naiveRoot(hashes.slice(split)));
}

/** RFC 6962, 2.1.1: PATH(m, D[n]). */
function naivePath(index: number, hashes: readonly Uint8Array[]): readonly Uint8Array[] {
  if (hashes.length < 2) return [];
  const split = 2 ** Math.floor(Math.log2(hashes.length - 1));
  const [left, right] = [hashes.slice(0, split), hashes.slice(split)];
  return index < split
    ? [...naivePath(index, left), naiveRoot(right)]
    : [...naivePath(index - split, right), naiveRoot(left)];
}

/** RFC 6962, 2.1.2: SUBPROOF(m, D[n], b). */
function naiveProof(size: number, hashes: readonly Uint8Array[], whole: boolean): readonly Uint8Array[] {
  if (size === hashes.length) return whole ? [] : [naiveRoot(hashes)];
  const split = 2 ** Math.floor(Math.log2(hashes.length - 1));
  const [left, right] = [hashes.slice(0, split), hashes.slice(split)];
  return size <= split
    ? [...naiveProof(size, left, whole), naiveRoot(right)]
    : [...naiveProof(size - split, right, false), naiveRoot(left)];
}

function hashesOf(ranges: readonly LeafRange[]): readonly Uint8Array[] {
  return ranges.map(({ start, end }) => naiveRoot(leaves.slice(start, end)));
}

/** The inputs and roots of the Certificate Transparency reference tests. */
const vectors = [
  ["", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"],
  ["00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
  ["10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"],
  ["2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"],
  ["3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"],
  ["40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"],
  ["5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"],
  ["606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"],
] as const;

describe("the vectors of Certificate Transparency", () => {
  it("has the empty root", () => {
    expect(Buffer.from(new TreeEdge().root()).toString("hex")).toBe(
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
  });

  it("has each root of the tree of eight", () => {
    const edge = new TreeEdge();
    const roots = vectors.map(([input]) => {
      edge.push(leafHash(Buffer.from(input, "hex")));
      return Buffer.from(edge.root()).toString("hex");
    });
    expect(roots).toEqual(vectors.map(([, root]) => root));
  });
});

const size = integer({ min: 1, max: leaves.length });
const pair = tuple(size, size).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);

it("computes roots as the definition does, over tiles that became full too", () => {
  const edge = new TreeEdge();
  const roots = leaves.map((leaf) => {
    edge.push(leaf);
    return edge.root();
  });
  const sizes = [1, 2, 3, 127, 128, 129, 255, 256, 257, 300];
  expect(sizes.map((size) => roots[size - 1])).toEqual(sizes.map((size) => naiveRoot(leaves.slice(0, size))));
});

it("makes and verifies inclusion proofs as the definition does", () => {
  const member = size.chain((all) =>
    tuple(
      integer({ min: 0, max: all - 1 }),
      size.map(() => all),
    ),
  );
  assert(
    property(member, ([index, all]) => {
      const tree = leaves.slice(0, all);
      const path = hashesOf(inclusionRanges(index, all));
      expect(path).toEqual(naivePath(index, tree));
      const claim = { leafHash: tree[index] ?? EMPTY_ROOT, index, size: all, root: naiveRoot(tree) };
      expect(isIncluded(claim, path)).toBe(true);
      expect(isIncluded({ ...claim, root: nodeHash(claim.root, claim.root) }, path)).toBe(false);
      expect(isIncluded({ ...claim, leafHash: claim.root }, path)).toBe(all === 1);
      expect(isIncluded(claim, [...path, claim.root])).toBe(false);
      expect(isIncluded(claim, path.slice(1))).toBe(path.length === 0);
      expect(isIncluded({ ...claim, index: index + 1 }, path)).toBe(false);
    }),
    { numRuns: 60 },
  );
});

it("makes and verifies consistency proofs as the definition does", () => {
  assert(
    property(pair, ([oldSize, all]) => {
      const [oldRoot, root] = [naiveRoot(leaves.slice(0, oldSize)), naiveRoot(leaves.slice(0, all))];
      const proof = hashesOf(consistencyRanges(oldSize, all));
      expect(proof).toEqual(naiveProof(oldSize, leaves.slice(0, all), true));
      const claim = { oldSize, oldRoot, size: all, root };
      expect(isConsistent(claim, proof)).toBe(true);
      const other = nodeHash(root, root);
      expect(isConsistent({ ...claim, oldRoot: other }, proof)).toBe(false);
      expect(isConsistent({ ...claim, root: other }, proof)).toBe(false);
      expect(isConsistent(claim, [...proof, other])).toBe(false);
      expect(isConsistent(claim, proof.slice(0, -1))).toBe(proof.length === 0);
    }),
    { numRuns: 60 },
  );
});

it("takes an empty older tree with an empty proof only", () => {
  const claim = { oldSize: 0, oldRoot: EMPTY_ROOT, size: 2, root: naiveRoot(leaves.slice(0, 2)) };
  expect(isConsistent(claim, [])).toBe(true);
  expect(isConsistent(claim, [EMPTY_ROOT])).toBe(false);
  expect(isConsistent({ ...claim, oldSize: 3 }, [])).toBe(false);
});

it("covers a range with complete subtrees, also beyond 32 bits", () => {
  expect(perfectNodes({ start: 0, end: 7 })).toEqual([
    { height: 2, index: 0 },
    { height: 1, index: 2 },
    { height: 0, index: 6 },
  ]);
  const large = 2 ** 40;
  expect(perfectNodes({ start: large, end: large + 3 })).toEqual([
    { height: 1, index: large / 2 },
    { height: 0, index: large + 2 },
  ]);
  expect(inclusionRanges(large, large + 1)).toEqual([{ start: 0, end: large }]);
});

it.each([
  [0, 0],
  [3, 3],
  [-1, 3],
  [0.5, 3],
])("refuses the leaf %d of a tree of %d", (index, all) => {
  expect(() => inclusionRanges(index, all)).toThrow(RangeError);
});
