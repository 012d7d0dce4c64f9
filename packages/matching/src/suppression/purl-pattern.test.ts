import { type Package, parsePurl } from "@pratique/core";
import { expect, it } from "vitest";
import { coversPurl } from "./purl-pattern.ts";
import { installed } from "./testdata/report-of.ts";

const bookworm = { id: "debian", version: "12.13", codename: "bookworm" };
const BASH = "pkg:deb/debian/bash@5.2.15-2?arch=amd64&distro=debian-12.13";

function covers(pattern: string, purl: string, found?: Package): boolean {
  const isDebian = purl.startsWith("pkg:deb");
  return coversPurl(parsePurl(pattern), parsePurl(purl), {
    installed: found,
    distro: isDebian ? bookworm : undefined,
  });
}

it.each([
  ["every version", "pkg:deb/debian/bash", BASH],
  ["this version", "pkg:deb/debian/bash@5.2.15-2", BASH],
  ["a release, of its point release", "pkg:deb/debian/bash?distro=debian-12", BASH],
  ["the same point release", "pkg:deb/debian/bash?distro=debian-12.13", BASH],
  ["a release by its code name", "pkg:deb/debian/bash?distro=bookworm", BASH],
  ["what has a qualifier less", "pkg:npm/a@1?vcs_url=x", "pkg:npm/a@1"],
  ["a Go module without its v", "pkg:golang/golang.org/x/net@0.1.0", "pkg:golang/golang.org/x/net@v0.1.0"],
  ["a folded Go module", "pkg:golang/github.com/azure/sdk", "pkg:golang/github.com/Azure/sdk@v1.0.0"],
  ["an epoch of 0", "pkg:rpm/redhat/bash@5-1?epoch=0", "pkg:rpm/rhel/bash@5-1"],
  ["the other spelling of a Python name", "pkg:pypi/My_Package", "pkg:pypi/my-package@1"],
])("covers %s", (_, pattern, purl) => {
  expect(covers(pattern, purl)).toBe(true);
});

it.each([
  ["another version", "pkg:deb/debian/bash@5.2.15-3", BASH],
  ["another name", "pkg:deb/debian/bas", BASH],
  ["another vendor", "pkg:deb/ubuntu/bash", BASH],
  ["another type", "pkg:rpm/debian/bash", BASH],
  ["another architecture", "pkg:deb/debian/bash?arch=arm64", BASH],
  ["another release", "pkg:deb/debian/bash?distro=debian-11", BASH],
  ["a release that only begins alike", "pkg:deb/debian/bash?distro=debian-1", BASH],
  ["more exactly than is known", "pkg:deb/debian/bash?distro=debian-12.13.1", BASH],
  ["another epoch", "pkg:rpm/redhat/bash@5-1?epoch=1", "pkg:rpm/rhel/bash@5-1"],
  ["another scope", "pkg:npm/%40a/b", "pkg:npm/b@1"],
])("does not cover %s", (_, pattern, purl) => {
  expect(covers(pattern, purl)).toBe(false);
});

it("speaks of the source where the architecture is that, and of its version", () => {
  const libssl = "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12.13";
  const found = installed(libssl, { name: "libssl3", source: { name: "openssl", version: "3.0.11-2" } });
  expect(covers("pkg:deb/debian/openssl@3.0.11-2?arch=source", libssl, found)).toBe(true);
  expect(covers("pkg:deb/debian/openssl@3.0.11-1?arch=source", libssl, found)).toBe(false);
  expect(covers("pkg:deb/debian/openssl", libssl, found)).toBe(false);
});
