import { expect, it } from "vitest";
import { followRedirect, type Target } from "./target.ts";

const from: Target = {
  url: new URL("https://a.example/v2/x?y=z"),
  method: "GET",
  headers: { accept: "*/*", Authorization: "Basic secret" },
  body: undefined,
};

it.each([
  ["a path", "/b", "https://a.example/b"],
  ["a relative path", "b", "https://a.example/v2/b"],
  ["another host", "https://b.example/c?d", "https://b.example/c?d"],
  ["a host by itself", "//b.example/c", "https://b.example/c"],
])("follows %s", (_, location, expected) => {
  expect(followRedirect(from, 302, location).url.href).toBe(expected);
});

it.each([
  ["no location", undefined],
  ["plain http", "http://a.example/"],
  ["a file", "file:///etc/passwd"],
  ["a script", "javascript:alert(1)"],
  ["credentials", "https://user:secret@a.example/"],
  ["no URL", "https://"],
])("refuses %s", (_, location) => {
  expect(() => followRedirect(from, 302, location)).toThrow(
    expect.objectContaining({ code: "REDIRECT_REFUSED" }),
  );
});

it.each([
  ["the same origin", "/b", true],
  ["the same origin, written with its port", "https://a.example:443/b", true],
  ["another port", "https://a.example:8443/b", false],
  ["a host below", "https://b.a.example/", false],
])("keeps or drops credentials for %s", (_, location, kept) => {
  const { headers } = followRedirect(from, 307, location);
  expect("Authorization" in headers).toBe(kept);
  expect(headers.accept).toBe("*/*");
});

it.each([
  [301, "GET", undefined],
  [302, "GET", undefined],
  [303, "GET", undefined],
  [307, "POST", "secret"],
  [308, "POST", "secret"],
])("after a POST, %i asks for %s", (status, method, body) => {
  const next = followRedirect({ ...from, method: "POST", body: "secret" }, status, "/b");
  expect([next.method, next.body]).toEqual([method, body]);
});

it("does not take a body to another origin", () => {
  const post: Target = { ...from, method: "POST", body: "secret" };
  expect(() => followRedirect(post, 308, "https://b.example/")).toThrow(
    expect.objectContaining({ code: "REDIRECT_REFUSED" }),
  );
});
