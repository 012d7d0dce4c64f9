import { NAME_HASH_START, type Package, readFunctions, stepNameHash, writeFunctions } from "@pratique/core";
import { expect, it } from "vitest";
import { match } from "./match.ts";
import { withNamedFunctions } from "./named-functions.ts";
import { advisory, MemoryIndex } from "./testdata/memory-index.ts";

const hashOf = (text: string): number => Buffer.from(text).reduce(stepNameHash, NAME_HASH_START);
const functions = writeFunctions(
  "linux/amd64",
  [
    ["http2", "Framer.ReadFrame"],
    ["html", "Parse"],
    ["idna", "ToASCII"],
  ].map(([path = "", name = ""]) => ({ path: hashOf(path), name: hashOf(name) })),
);

function golang(name: string, version: string): Package {
  const id = `pkg:golang/${name}@${version}`;
  return { id, purl: id, type: "golang", name, version, functions, paths: ["usr/bin/x"] };
}

const net = golang("golang.org/x/net", "0.16.0");
const word = { ecosystem: "Go", package: net.name, source: "osv", ranges: [{ fixed: "0.17.0" }] };
const about = (id: string, path: string, name: string, ranges = word.ranges) =>
  advisory({
    ...word,
    id,
    document: id,
    ranges,
    imports: [{ path: `${net.name}/${path}`, symbols: [name] }],
  });

const advisories = new MemoryIndex({
  advisories: [
    about("GO-2026-0001", "http2", "Server.ServeConn"),
    about("GO-2026-0002", "html", "Parse"),
    about("GO-2026-0003", "proxy", "Dial"),
    about("GO-2026-0004", "webdav", "Handler", [{ fixed: "0.1.0" }]),
    advisory({ ...word, id: "GO-2026-0005", document: "GO-2026-0005", package: "silent.org/x" }),
  ],
});

it("leaves what is said of packages that advisories name, whatever versions they are about", () => {
  const [kept] = withNamedFunctions([net], advisories);
  const told = readFunctions(kept?.functions ?? "");
  const answers = (path: string) => [told?.mayHold({ path }), told?.mayHold({ path, name: "Nowhere" })];
  expect([answers("http2"), answers("html"), answers("proxy"), answers("webdav")]).toEqual([
    [true, false],
    [true, false],
    [false, false],
    [false, false],
  ]);
  // Nobody has named it: whoever does later is not denied what the program holds.
  expect(answers("idna")).toEqual([true, true]);
});

it("leaves the findings as they are", () => {
  const kept = withNamedFunctions([net], advisories);
  const before = match({ packages: [net] }, advisories);
  expect(match({ packages: kept }, advisories)).toEqual(before);
  expect(before.findings.map(({ id, confidence = "high" }) => [id, confidence])).toEqual([
    ["GO-2026-0001", "low"],
    ["GO-2026-0002", "high"],
    ["GO-2026-0003", "low"],
  ]);
  expect(withNamedFunctions(kept, advisories)).toEqual(kept);
});

it("leaves nothing where nobody names any package of the module, or the text is no such text", () => {
  const packages = [golang("silent.org/x", "1.0.0"), golang("a.org/x", "1.0.0"), { ...net, functions: "x" }];
  for (const one of withNamedFunctions(packages, advisories)) expect(one).not.toHaveProperty("functions");
});

it("leaves other packages alone", () => {
  const { functions: _, ...plain } = net;
  expect(withNamedFunctions([plain], advisories)[0]).toBe(plain);
});
