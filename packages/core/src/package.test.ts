import { expect, it } from "vitest";
import { type PackageFacts, purlOf } from "./package.ts";

const debian = { id: "debian", version: "12.5" };

it.each<[PackageFacts, string]>([
  [
    { type: "deb", name: "bash", version: "5.2.15-2+b2", architecture: "amd64", paths: [] },
    "pkg:deb/debian/bash@5.2.15-2+b2?arch=amd64&distro=debian-12.5",
  ],
  [{ type: "npm", name: "@types/node", version: "20.1.0", paths: [] }, "pkg:npm/%40types/node@20.1.0"],
  [{ type: "pypi", name: "Typing_Extensions", version: "4.7", paths: [] }, "pkg:pypi/typing-extensions@4.7"],
  [
    { type: "rpm", name: "perl", version: "4:5.32.1-481.el9", architecture: "x86_64", paths: [] },
    "pkg:rpm/debian/perl@5.32.1-481.el9?arch=x86_64&distro=debian-12.5&epoch=4",
  ],
  [
    { type: "rpm", name: "bash", version: "5.1.8-9.el9", paths: [] },
    "pkg:rpm/debian/bash@5.1.8-9.el9?distro=debian-12.5",
  ],
  [
    { type: "golang", name: "golang.org/x/net", version: "v0.1.0", paths: [] },
    "pkg:golang/golang.org/x/net@v0.1.0",
  ],
  [
    { type: "maven", name: "org.apache.logging.log4j:log4j-core", version: "2.14.1", paths: [] },
    "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1",
  ],
  [{ type: "maven", name: "thing", version: "1.0", paths: [] }, "pkg:generic/thing@1.0"],
  [
    { type: "composer", name: "symfony/http-kernel", version: "v5.4.0", paths: [] },
    "pkg:composer/symfony/http-kernel@v5.4.0",
  ],
  [{ type: "gem", name: "rack", version: "2.2.3", paths: [] }, "pkg:gem/rack@2.2.3"],
  [{ type: "cocoapods", name: "AppCenter", version: "4.2.0", paths: [] }, "pkg:cocoapods/AppCenter@4.2.0"],
  [{ type: "conda", name: "openssl", version: "1.1.1q", paths: [] }, "pkg:conda/openssl@1.1.1q"],
  [{ type: "hex", name: "jason", version: "1.4.1", paths: [] }, "pkg:hex/jason@1.4.1"],
  [{ type: "pub", name: "http", version: "0.13.3", paths: [] }, "pkg:pub/http@0.13.3"],
  [
    { type: "swift", name: "github.com/apple/swift-nio", version: "2.41.0", paths: [] },
    "pkg:swift/github.com/apple/swift-nio@2.41.0",
  ],
  [
    { type: "opkg", name: "libc", version: "1.2.4-4", architecture: "x86_64", paths: [] },
    "pkg:opkg/debian/libc@1.2.4-4?arch=x86_64&distro=debian-12.5",
  ],
  [{ type: "generic", name: "nginx", version: "1.27.0", paths: [] }, "pkg:generic/nginx@1.27.0"],
])("names %j", (facts, purl) => {
  expect(purlOf(facts, debian)).toBe(purl);
});

it("refuses a package without a name", () => {
  expect(() => purlOf({ type: "npm", name: "", version: "1", paths: [] }, undefined)).toThrow(
    expect.objectContaining({ code: "PURL_MALFORMED" }),
  );
});
