import { expect, it } from "vitest";
import { postgresUrls } from "./postgres-urls.ts";

it.each([
  ["postgres://u:p@a:5432,b:5433/x", ["postgres://u:p@a:5432/x", "postgres://u:p@b:5433/x"]],
  ["postgresql://a,[::1]:5433/x", ["postgresql://a/x", "postgresql://[::1]:5433/x"]],
  [
    "postgres://a,b/x?sslmode=verify-full&target_session_attrs=read-write",
    [
      "postgres://a/x?sslmode=verify-full&target_session_attrs=read-write",
      "postgres://b/x?sslmode=verify-full&target_session_attrs=read-write",
    ],
  ],
  [
    "postgres://u@localhost/x?host=%2Frun%2Fa,%2Frun%2Fb",
    ["postgres://u@localhost/x?host=%2Frun%2Fa", "postgres://u@localhost/x?host=%2Frun%2Fb"],
  ],
  [
    "postgres:///x?host=a,b&port=5432,5433",
    ["postgres:///x?host=a&port=5432", "postgres:///x?host=b&port=5433"],
  ],
  ["postgres:///x?host=a,b&port=5433", ["postgres:///x?host=a&port=5433", "postgres:///x?host=b&port=5433"]],
])("takes %s apart", (url, urls) => {
  expect(postgresUrls(url)).toEqual(urls);
});

it.each([
  "postgres://u:p,q@a:5432/x?options=-c%20a%3D1,2",
  "postgres://localhost/x?host=/run/postgresql",
  "/run/postgresql x",
  "",
])("leaves %j as it is", (url) => {
  expect(postgresUrls(url)).toEqual([url]);
});
