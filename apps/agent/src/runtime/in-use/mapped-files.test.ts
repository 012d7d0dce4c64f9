import { expect, it } from "vitest";
import { filesMappedIn, isFileOfTree } from "./mapped-files.ts";

const SSL = "/usr/lib/x86_64-linux-gnu/libssl.so.3";

function line(path: string, rights = "r-xp"): string {
  return `7fe25d446000-7fe25d488000 ${rights} 00002000 fe:00 306128                     ${path}\n`;
}

it("finds what may be executed, each file once", () => {
  const text =
    line(SSL, "r--p") + line(SSL) + line(SSL) + line("/usr/bin/nginx") + line("/usr/lib/locale", "r--p");
  expect([...filesMappedIn(text)]).toEqual([SSL, "/usr/bin/nginx"]);
});

it("finds archives that are only read", () => {
  const paths = ["/usr/share/java/a.jar", "/usr/lib/dotnet/System.Private.CoreLib.dll"];
  expect([...filesMappedIn(paths.map((path) => line(path, "r--s")).join(""))]).toEqual(paths);
});

it("finds a name with blanks", () => {
  expect([...filesMappedIn(line("/opt/a b/lib c.so"))]).toEqual(["/opt/a b/lib c.so"]);
});

it.each([
  ["no file", "7fe25d446000-7fe25d488000 rwxp 00000000 00:00 0 \n"],
  ["the heap", "55fcd6118000-55fcd611a000 rwxp 00000000 00:00 0                          [heap]\n"],
  ["a file that is gone", line(`${SSL} (deleted)`)],
  ["a file of memory", line("/memfd:a (deleted)")],
  ["a file of memory that says it is there", line("/memfd:/usr/lib/a.so")],
  ["shared memory", line("/SYSV00000000 (deleted)")],
  ["a device", line("/dev/zero")],
  ["a newline in a name, which the kernel escapes", line("/tmp/a\\012/usr/lib/libssl.so.3")],
  ["a name without end", line(`/${"a".repeat(5000)}`)],
  ["a line that is cut", line(SSL).trimEnd()],
  ["something else", "\n\n x\n/\n"],
])("finds nothing in %s", (_, text) => {
  expect([...filesMappedIn(text)]).toEqual([]);
});

it("takes time in proportion to sixty thousand mappings", () => {
  const text = Array.from({ length: 65_530 }, (_, at) => line(`/tmp/${at}`)).join("");
  expect(filesMappedIn(text).size).toBe(65_530);
});

it.each([
  ["/usr/bin/a", true],
  ["/development/a", true],
  ["/dev/a", false],
  ["pipe:[1]", false],
  ["/a\nb", false],
])("says of %j whether it can be opened by its name: %s", (path, expected) => {
  expect(isFileOfTree(path)).toBe(expected);
});
