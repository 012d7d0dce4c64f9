import { mkdirSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { MiB, messageOf } from "@pratique/core";
import { tarOf, tempDirectory, zipOf } from "@pratique/testkit";
import { expect, it, vi } from "vitest";
import { ArchiveError } from "../errors.ts";
import { type LocationLimits, type VisitOptions, visitLocation } from "./visit-location.ts";

const wants = (name: string): boolean => /\.json(?:\.gz)?$/u.test(name);

const limits: LocationLimits = { files: 50, bytes: MiB, memberBytes: MiB };

/** The caller's own error, as each package makes one. */
class Failure extends Error {
  readonly code: string | undefined;

  constructor(thrown: unknown, path: string) {
    super(`${path}: ${messageOf(thrown)}`, { cause: thrown });
    this.code = thrown instanceof ArchiveError ? thrown.code : undefined;
  }
}

function failure(thrown: unknown, path: string): unknown {
  return thrown instanceof ArchiveError || (thrown instanceof Error && "syscall" in thrown)
    ? new Failure(thrown, path)
    : thrown;
}

async function visited(
  location: string,
  options: Partial<VisitOptions> = {},
): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  await visitLocation(location, { wants, limits, failure, ...options }, async (file) => {
    let text = "";
    for await (const chunk of file.stream()) text += Buffer.from(chunk).toString();
    found[file.path] = text;
  });
  return found;
}

const tar = tarOf([
  { path: "feed/", kind: "directory" },
  { path: "feed/a.json", content: "A" },
  { path: "feed/README", content: "no" },
  { path: "feed/b.json.gz", content: gzipSync("B") },
  { path: "feed/link.json", kind: "symlink", target: "/etc/passwd" },
  { path: "../../evil.json", content: "E" },
]);
const members = { "feed/a.json": "A", "feed/b.json.gz": "B", "../../evil.json": "E" };

it.each([
  ["a tar", "x.tar", tar],
  ["a tar in gzip", "x.tgz", gzipSync(tar)],
  ["a tar in zstd, under any name", "feed", zstdCompressSync(tar)],
  [
    "a zip",
    "all.zip",
    zipOf([
      { name: "feed/a.json", content: "A" },
      { name: "feed/README", content: "no" },
      { name: "../../evil.json", content: "E", stored: true },
    ]),
  ],
])("finds the wanted files in %s", async (_, name, bytes) => {
  using directory = tempDirectory();
  writeFileSync(directory.at(name), bytes);
  const expected = Object.entries(members)
    .filter(([member]) => !(name === "all.zip" && member.endsWith(".gz")))
    .map(([member, text]) => [`${name}/${member}`, text]);
  expect(await visited(directory.at(name))).toEqual(Object.fromEntries(expected));
});

it.each([
  ["a file", "list.txt", Buffer.from("words")],
  ["a file in gzip", "list.txt.gz", gzipSync("words")],
  ["a file in zstd, under any name", "list", zstdCompressSync("words")],
])("gives %s that is named outright, whatever its name", async (_, name, bytes) => {
  using directory = tempDirectory();
  writeFileSync(directory.at(name), bytes);
  expect(await visited(directory.at(name))).toEqual({ [name]: "words" });
});

it("walks directories in the order of names, with the archives in them, past symlinks", async () => {
  using directory = tempDirectory();
  mkdirSync(directory.at("b", "deep"), { recursive: true });
  writeFileSync(directory.at("b", "deep", "z.json"), "Z");
  writeFileSync(directory.at("a.json"), "1");
  writeFileSync(directory.at("notes.txt"), "no");
  writeFileSync(directory.at("c.tar.gz"), gzipSync(tarOf([{ path: "y.json", content: "Y" }])));
  symlinkSync("/etc", directory.at("etc"));
  symlinkSync("/etc/hostname", directory.at("h.json"));
  const found = await visited(directory.path);
  expect(Object.entries(found)).toEqual([
    ["a.json", "1"],
    ["b/deep/z.json", "Z"],
    ["c.tar.gz/y.json", "Y"],
  ]);
});

it("tells how many bytes it has read from disk", async () => {
  using directory = tempDirectory();
  const packed = gzipSync(tar);
  writeFileSync(directory.at("x.tgz"), packed);
  let bytes = 0;
  await visited(directory.at("x.tgz"), { onBytes: (more) => (bytes += more) });
  expect(bytes).toBe(packed.length);
});

const bomb = gzipSync(Buffer.alloc(4 * MiB));

it.each([
  ["gzip cut short", "a.json.gz", gzipSync("x".repeat(10_000)).subarray(0, 30), "COMPRESSION_DAMAGED"],
  ["a tar cut short", "a.tar", tar.subarray(0, 1500), "ARCHIVE_TRUNCATED"],
  [
    "a zip cut short",
    "a.zip",
    zipOf([{ name: "a.json", content: "A" }]).subarray(0, 60),
    "ARCHIVE_MALFORMED",
  ],
  ["bzip2", "a.json", Buffer.from("BZh91AY&SY"), "ENTRY_UNSUPPORTED"],
  ["a small file that unpacks to a large one", "a.json.gz", bomb, "LIMIT_REACHED"],
  ["a zip that does", "a.zip", zipOf([{ name: "a.json", content: "x".repeat(4 * MiB) }]), "LIMIT_REACHED"],
  ["a tar that does", "a.tgz", gzipSync(tarOf([{ path: "a.json.gz", content: bomb }])), "LIMIT_REACHED"],
  [
    "many files",
    "a.tar",
    tarOf(Array.from({ length: 60 }, (_, index) => ({ path: `${index}.json`, content: "" }))),
    "LIMIT_REACHED",
  ],
  [
    "archives in archives in archives",
    "a.json.gz",
    [1, 2, 3, 4, 5].reduce<Buffer>((inner) => gzipSync(tarOf([{ path: "x.json.gz", content: inner }])), tar),
    "LIMIT_REACHED",
  ],
])("refuses %s", async (_, name, bytes, code) => {
  using directory = tempDirectory();
  writeFileSync(directory.at(name), bytes);
  const refused = visited(directory.at(name));
  await expect(refused).rejects.toBeInstanceOf(Failure);
  await expect(refused).rejects.toMatchObject({ code, message: expect.stringContaining(name) });
});

it.each([
  ["a tar", "a.tar", tarOf([{ path: "a.json", content: "12345" }])],
  ["a zip", "a.zip", zipOf([{ name: "a.json", content: "12345" }])],
])("holds no member of %s that is larger than it may be", async (_, name, bytes) => {
  using directory = tempDirectory();
  writeFileSync(directory.at(name), bytes);
  const refused = visited(directory.at(name), { limits: { ...limits, memberBytes: 4 } });
  await expect(refused).rejects.toMatchObject({ code: "LIMIT_REACHED" });
  expect(await visited(directory.at(name), { limits: { ...limits, memberBytes: 5 } })).toEqual({
    [`${name}/a.json`]: "12345",
  });
});

it("says that nothing is there, and what is neither a file nor a directory", async () => {
  await expect(visited("/nowhere")).rejects.toMatchObject({ cause: { code: "ENOENT" } });
  await expect(visited("/dev/null")).rejects.toMatchObject({ code: "LOCATION_UNREADABLE" });
});

it("names a location as it is told, where its path is not its own", async () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("building-1.download"), gzipSync(tar).subarray(0, 40));
  await expect(visited(directory.at("building-1.download"), { name: "feed.tgz" })).rejects.toMatchObject({
    message: expect.stringMatching(/^feed\.tgz: /u),
  });
});

it("stops when it is called off", async () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("a.json"), "{}");
  await expect(visited(directory.path, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: "ABORTED",
  });
});

it("leaves no file open that nobody wants, or reads to its end", async () => {
  using directory = tempDirectory();
  for (const name of ["no-archive.zip", "wanted.json"]) writeFileSync(directory.at(name), "x".repeat(MiB));
  await visitLocation(
    directory.path,
    { wants, limits: { ...limits, bytes: 4 * MiB }, failure },
    async (file) => {
      for await (const _ of file.stream()) break;
    },
  );
  await vi.waitFor(() => {
    const open = readdirSync("/proc/self/fd").map((fd) => readLink(`/proc/self/fd/${fd}`));
    expect(open.filter((name) => name?.startsWith(directory.path))).toEqual([]);
  });
});

/** Other tests open and close files of this process meanwhile. */
function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

it("passes on what the one who reads throws", async () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("a.json"), "{}");
  const broken = visitLocation(directory.at("a.json"), { wants, limits, failure }, () =>
    Promise.reject(new TypeError("a defect")),
  );
  await expect(broken).rejects.toThrow(TypeError);
});
