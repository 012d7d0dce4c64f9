import { parseDigest } from "@pratique/core";
import { describe, expect, it } from "vitest";
import { imageNameOf, imagePurl, plainImageName } from "./image-name.ts";

const digest = parseDigest(`sha256:${"a".repeat(64)}`);

describe("the name of an image", () => {
  it.each([
    ["nginx", "nginx", undefined, true],
    ["nginx:1.27", "nginx", "1.27", true],
    ["docker:nginx:1.27", "nginx", "1.27", true],
    ["registry:ghcr.io/acme/shop:1", "ghcr.io/acme/shop", "1", true],
    ["podman:quay.io/acme/shop:1", "quay.io/acme/shop", "1", true],
    ["container:web", "web", undefined, false],
    ["host:5000/shop", "host:5000/shop", undefined, true],
    [`host:5000/shop:2@${digest}`, "host:5000/shop", "2", true],
    ["docker-archive:/srv/shop.tar", "/srv/shop.tar", undefined, false],
    ["dir:/srv/root", "/srv/root", undefined, false],
  ])("is read from %j", (reference, repository, tag, isRepository) => {
    const expected = tag === undefined ? { repository, isRepository } : { repository, tag, isRepository };
    expect(imageNameOf({ reference })).toEqual(expected);
  });

  it.each([
    ["host:5000/a/b:1", "host-5000/a/b"],
    ["docker-archive:/srv/a b.tar", "srv/a-b.tar"],
    ["dir:../..", "image"],
    ["\u202e", "image"],
  ])("is plain for %j", (reference, expected) => {
    expect(plainImageName({ reference })).toBe(expected);
  });

  it.each([
    ["nginx:1.27", `pkg:oci/nginx@sha256%3A${"a".repeat(64)}?tag=1.27`],
    ["ghcr.io/Acme/Shop", `pkg:oci/shop@sha256%3A${"a".repeat(64)}?repository_url=ghcr.io%2Facme%2Fshop`],
    ["nginx:50 %", `pkg:oci/nginx@sha256%3A${"a".repeat(64)}`],
    ["docker-archive:/srv/shop.tar", undefined],
  ])("makes a package URL of %j", (reference, expected) => {
    expect(imagePurl({ reference, digest })).toBe(expected);
    expect(imagePurl({ reference })).toBeUndefined();
  });
});
