import { expect, it } from "vitest";
import { parseImageTarget } from "./image-target.ts";

it.each([
  ["nginx:1.27", undefined, "nginx:1.27"],
  ["docker:nginx:1.27", "docker", "nginx:1.27"],
  ["docker-archive:/tmp/a.tar", "docker-archive", "/tmp/a.tar"],
  ["dir:.", "dir", "."],
  ["podman:quay.io/a/b", "podman", "quay.io/a/b"],
  ["containerd:k8s.io/quay.io/a/b:1", "containerd", "k8s.io/quay.io/a/b:1"],
  ["container:web", "container", "web"],
  ["lxc:web", "lxc", "web"],
  ["aci:/srv/shop.aci", "aci", "/srv/shop.aci"],
  ["registry:localhost:5000/a/b@sha256:00", "registry", "localhost:5000/a/b@sha256:00"],
])("reads %s", (text, scheme, value) => {
  expect(parseImageTarget(text)).toEqual({ scheme, value, text });
});

it.each(["", "dir:", "a\0b", "file:a/b"])("refuses %j", (text) => {
  expect(() => parseImageTarget(text)).toThrow(expect.objectContaining({ code: "REFERENCE_MALFORMED" }));
});
