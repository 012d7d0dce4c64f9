import { mkdirSync, writeFileSync } from "node:fs";
import { parseImageTarget } from "@pratique/core";
import { OciError } from "@pratique/oci";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { describeFailure } from "../exit-codes.ts";
import { adviseOnImage, refusePath } from "./image-advice.ts";

function lineFor(image: string, thrown: unknown): string | undefined {
  return describeFailure(adviseOnImage(thrown, parseImageTarget(image)))?.line;
}

const absent = new OciError("IMAGE_NOT_FOUND", "it is not there");
const denied = new OciError("IMAGE_NOT_FOUND", "it cannot be opened", {
  cause: Object.assign(new Error("x"), { code: "EACCES" }),
});
const shut = new OciError("SOURCE_UNAVAILABLE", "permission denied on the socket", {
  cause: Object.assign(new Error("x"), { code: "EACCES" }),
});
const away = new OciError("SOURCE_UNAVAILABLE", "nobody answers");

it.each([
  ["docker-archive:a.tar", absent, /^it is not there; check the path/u],
  ["oci-archive:a.tar", absent, /; check the path/u],
  ["oci-dir:a", absent, /; check the path: an OCI layout/u],
  ["dir:a", denied, /; check the rights to it, or run it with sudo$/u],
  ["dir:a", absent, /; check the path/u],
  ["docker:a", absent, /; check the name, or pull the image first$/u],
  ["docker:a", away, /^nobody answers; start the engine/u],
  ["docker:a", shut, /^permission denied on the socket; run it with sudo, or as a user/u],
  [
    "a",
    new OciError("SOURCE_UNAVAILABLE", "no", { cause: new AggregateError([shut, absent]) }),
    /, and it is not there; run it with sudo, or as a user/u,
  ],
  ["aci:a.aci", absent, /; check the path: expected is an appc image/u],
  ["podman:a", absent, /; check the name with podman images/u],
  ["containerd:a", away, /; check the name with ctr/u],
  ["container:a", absent, /; check the id or name/u],
  ["lxc:a", absent, /; check the name with lxc-ls/u],
  ["registry:a", absent, /; check the name and the network$/u],
  ["registry:a", away, /; check the name and the network$/u],
  ["a", away, /^nobody answers; start the engine, check the name/u],
])("advises where %s was looked for", (image, thrown, expected) => {
  expect(lineFor(image, thrown)).toMatch(expected);
});

it("advises on the name where the file that it is in is there", () => {
  using directory = tempDirectory();
  const file = directory.at("shop.tar");
  writeFileSync(file, "");
  expect(lineFor(`docker-archive:${file}:shop:2`, absent)).toMatch(
    /; name one that is in it, behind the path$/u,
  );
  expect(lineFor(`docker-archive:${file}`, absent)).toMatch(/; check the path/u);
  expect(lineFor(`docker-archive:${file}x:shop:2`, absent)).toMatch(/; check the path/u);
});

it("tells each place's reason for an image without a scheme", () => {
  const cause = new AggregateError([away, absent]);
  expect(lineFor("a", new OciError("IMAGE_NOT_FOUND", absent.message, { cause }))).toMatch(
    /^no image "a" in the engine or a registry: nobody answers, and it is not there; start the engine/u,
  );
});

it("gives back what it does not know better", () => {
  const target = parseImageTarget("docker-archive:a.tar");
  for (const thrown of [new OciError("DIGEST_MISMATCH", "x"), new TypeError("x"), undefined]) {
    expect(adviseOnImage(thrown, target)).toBe(thrown);
  }
});

it("says what a file of this host may be that is named as an image is", () => {
  using directory = tempDirectory();
  const [tar, sbom, layout, root] = ["shop.tar", "shop.cdx.json", "layout", "root"].map((name) =>
    directory.at(name),
  );
  for (const made of [layout, root]) mkdirSync(String(made));
  for (const made of [tar, sbom, `${layout}/oci-layout`]) writeFileSync(String(made), "");
  const lineOf = (text: string | undefined) => {
    try {
      refusePath(parseImageTarget(String(text)));
      return undefined;
    } catch (thrown) {
      return describeFailure(thrown)?.line;
    }
  };
  expect(lineOf(tar)).toBe(
    `"${tar}" is a file of this host; say what it is: docker-archive:${tar} or oci-archive:${tar}`,
  );
  expect(lineOf(sbom)).toBe(`"${sbom}" is a file of this host; say what it is: sbom:${sbom}`);
  expect(lineOf(layout)).toContain(`is a directory of this host; say what it is: oci-dir:${layout}`);
  expect(lineOf(root)).toContain(`say what it is: dir:${root}`);
  // An image may be called as a file or directory is.
  for (const text of ["apps", "nginx:1.27", directory.at("gone.tar"), `docker-archive:${tar}`]) {
    expect(lineOf(text)).toBeUndefined();
  }
});
