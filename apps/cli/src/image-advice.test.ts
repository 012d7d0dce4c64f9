import { parseImageTarget } from "@pratique/core";
import { OciError } from "@pratique/oci";
import { expect, it } from "vitest";
import { describeFailure } from "./exit-codes.ts";
import { adviseOnImage } from "./image-advice.ts";

function lineFor(image: string, thrown: unknown): string | undefined {
  return describeFailure(adviseOnImage(thrown, parseImageTarget(image)))?.line;
}

const absent = new OciError("IMAGE_NOT_FOUND", "it is not there");
const denied = new OciError("IMAGE_NOT_FOUND", "it cannot be opened", {
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
