import { expect, it } from "vitest";
import { formatImageReference, parseImageReference } from "./image-reference.ts";

const digest = `sha256:${"ab".repeat(32)}`;

it.each([
  ["nginx", "docker.io/library/nginx:latest"],
  ["nginx:1.27", "docker.io/library/nginx:1.27"],
  ["bitnami/redis", "docker.io/bitnami/redis:latest"],
  ["localhost/a", "localhost/a:latest"],
  ["localhost:5000/a/b:v1", "localhost:5000/a/b:v1"],
  ["ghcr.io/a/b", "ghcr.io/a/b:latest"],
  [`ghcr.io/a/b@${digest}`, `ghcr.io/a/b@${digest}`],
  [`ghcr.io/a/b:v1@${digest}`, `ghcr.io/a/b:v1@${digest}`],
  ["index.docker.io/library/nginx", "docker.io/library/nginx:latest"],
  ["[::1]:5000/a", "[::1]:5000/a:latest"],
])("completes %s", (text, expected) => {
  expect(formatImageReference(parseImageReference(text))).toBe(expected);
});

it.each([
  "",
  "/a",
  "a/",
  "A",
  "a//b",
  "a:",
  "a:b:c",
  "a@sha256:00",
  `a@${digest}@${digest}`,
  "../a",
  "ghcr.io/../a",
  "a b",
  "x.y/a:t\n",
])("refuses %j", (text) => {
  expect(() => parseImageReference(text)).toThrow(expect.objectContaining({ code: "REFERENCE_MALFORMED" }));
});
