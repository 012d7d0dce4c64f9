import { fileTreeOf, fileTreeOfLayers, layerDigest } from "@pratique/testkit";
import { assert, asyncProperty, constantFrom, string } from "fast-check";
import { expect, it } from "vitest";
import { catalog } from "../../catalog.ts";
import { ruby } from "./ruby.ts";

const STUBBED = `# -*- encoding: utf-8 -*-
# stub: rack 3.1.20 ruby lib

Gem::Specification.new do |s|
  s.name = "rack".freeze
  s.version = "3.1.20".freeze
end
`;

async function read(items: Parameters<typeof fileTreeOf>[0]) {
  return ruby.catalog(fileTreeOf(items), {});
}

it.each([
  ["of an application", "app/vendor/bundle/ruby/3.3.0/specifications"],
  ["of Ruby", "usr/local/bundle/specifications"],
  ["that comes with Ruby", "usr/local/lib/ruby/gems/3.3.0/specifications/default"],
  ["of a distribution", "usr/share/rubygems-integration/all/specifications"],
])("finds a gem %s", async (_, directory) => {
  const path = `${directory}/rack-3.1.20.gemspec`;
  expect(await read({ [path]: STUBBED })).toEqual({
    packages: [{ type: "gem", name: "rack", version: "3.1.20", paths: [path] }],
    failures: [],
  });
});

it("does not take the specification in a gem's sources for an installed gem", async () => {
  expect(await read({ "app/gems/rack-3.1.20/rack.gemspec": STUBBED })).toEqual({
    packages: [],
    failures: [],
  });
});

it.each([
  ["the stub line", "x", STUBBED, "rack 3.1.20"],
  ["a stub with a platform", "x", "# stub: nokogiri 1.15.4 x86_64-linux lib\n", "nokogiri 1.15.4"],
  ["a stub on the first line", "x", "# stub: a 1.0.0.rc1 ruby lib\0ext\n", "a 1.0.0.rc1"],
  ["plain assignments", "x", 's.name = "a"\ns.version = "1.2"\n', "a 1.2"],
  ["frozen texts", "x", '  spec.name    = "a".freeze\n  spec.version = "1.2".freeze\n', "a 1.2"],
  ["other quotes", "x", "s.name = 'a'\ns.version = %q<1.2>\n", "a 1.2"],
  ["a version object", "x", 's.name = "a"\ns.version = Gem::Version.new("1.2")\n', "a 1.2"],
  ["the last of several assignments", "x", 's.name = "a"\ns.version = "1"\ns.version = "2"\n', "a 2"],
  ["a computed version", "a-b-1.2", 's.name = "a-b"\ns.version = A::VERSION\n', "a-b 1.2"],
  ["a computed name", "a-2x-1.2", "s.name = NAME\ns.version = VERSION\n", "a-2x 1.2"],
  ["the platform in the name", "nokogiri-1.15.4-x86_64-linux", "", "nokogiri 1.15.4"],
  ["a platform without a digit", "jruby-openssl-0.14.2-java", "", "jruby-openssl 0.14.2"],
  ["other fields", "x", 's.name = "a"\ns.rubygems_version = "9"\ns.version = "1"\n', "a 1"],
])("reads %s", async (_, stem, text, expected) => {
  const { packages, failures } = await read({ [`specifications/${stem}.gemspec`]: text });
  expect(packages.map(({ name, version }) => `${name} ${version}`)).toEqual([expected]);
  expect(failures).toEqual([]);
});

it.each([
  ["nothing", "x", ""],
  ["a name only", "x", 's.name = "a"\n'],
  ["a name with code in it", "x-1.0", 's.name = "#{X}"\ns.version = "1"\n'.replace("x", "x/")],
  ["a path for a name", "x", "# stub: ../../etc 1.0 ruby lib\n"],
  ["a word for a version", "x", "# stub: a latest ruby lib\n"],
  ["a name without end", "x", `# stub: ${"a".repeat(10_000)} 1.0 ruby lib\n`],
  ["bytes", "x", "\u0000\u0001\u0002"],
])("records a specification with %s, and keeps the others", async (_, stem, bad) => {
  const path = `specifications/bad/${stem === "x-1.0" ? "x" : stem}.gemspec`;
  const { packages, failures } = await read({ [path]: bad, "specifications/rack-3.1.20.gemspec": STUBBED });
  expect(packages.map(({ name }) => name)).toEqual(["rack"]);
  expect(failures).toEqual([expect.objectContaining({ code: "PACKAGE_RECORD_MALFORMED", path })]);
});

it("attributes a gem to the layer of its specification", async () => {
  const path = "specifications/rack-3.1.20.gemspec";
  const { packages } = await ruby.catalog(fileTreeOfLayers([{}, { [path]: STUBBED }]), {});
  expect(packages[0]?.layer).toBe(layerDigest(1));
});

it("knows the gems that the distribution answers for, and those that it does not", async () => {
  const owned = "usr/share/rubygems-integration/all/specifications/rack-3.1.20.gemspec";
  const own = "usr/local/bundle/specifications/rack-3.1.20.gemspec";
  const { packages } = await catalog(
    fileTreeOf({
      "etc/os-release": "ID=debian\nVERSION_ID=13\n",
      "var/lib/dpkg/status":
        "Package: ruby-rack\nStatus: install ok installed\nArchitecture: all\nVersion: 3.1.20-0+deb13u2\nMaintainer: Debian Ruby Team <ruby@lists.debian.org>\n\n",
      "var/lib/dpkg/info/ruby-rack.list": `/.\n/${owned}\n`,
      [owned]: STUBBED,
      [own]: STUBBED,
    }),
  );
  const owner = packages.find(({ type }) => type === "deb")?.id;
  expect(owner).toBeDefined();
  expect(
    packages.filter(({ type }) => type === "gem").map(({ paths, ownedBy }) => [paths[0], ownedBy]),
  ).toEqual([
    [own, undefined],
    [owned, owner],
  ]);
});

it("never rejects, whatever a specification holds", async () => {
  const piece = constantFrom(
    "# stub: ",
    "a",
    "1",
    " ",
    "\n",
    '"',
    "'",
    "s.name = ",
    "s.version = ",
    "%q<",
    "-",
    "\0",
  );
  await assert(
    asyncProperty(string({ unit: piece, maxLength: 40 }), async (text) => {
      const { packages, failures } = await read({ "specifications/x.gemspec": text });
      expect(packages.length + failures.length).toBe(1);
    }),
  );
});
