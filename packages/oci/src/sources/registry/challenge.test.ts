import { array, assert, constantFrom, dictionary, property, record, string } from "fast-check";
import { expect, it } from "vitest";
import { parseChallenges } from "./challenge.ts";

function plain(header: string) {
  return parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
}

it.each<[string, string, unknown]>([
  [
    "what Docker Hub sends",
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
    [
      [
        "bearer",
        {
          realm: "https://auth.docker.io/token",
          service: "registry.docker.io",
          scope: "repository:a/b:pull,push",
        },
      ],
    ],
  ],
  [
    "several challenges in one header",
    'Basic realm="a, b", charset="UTF-8", Bearer realm=x , Negotiate',
    [
      ["basic", { realm: "a, b", charset: "UTF-8" }],
      ["bearer", { realm: "x" }],
      ["negotiate", {}],
    ],
  ],
  [
    "a token68",
    'Negotiate abc=, Basic realm="r"',
    [
      ["negotiate", {}],
      ["basic", { realm: "r" }],
    ],
  ],
  ["escapes", String.raw`Basic realm="a \"b\" \\ c"`, [["basic", { realm: String.raw`a "b" \ c` }]]],
  ["spaces where RFC 9110 allows them", 'BASIC  Realm = "a"', [["basic", { realm: "a" }]]],
  ["empty members", ',, Basic realm="a",, ', [["basic", { realm: "a" }]]],
  ["a name twice", 'Bearer realm="a", realm="b"', [["bearer", { realm: "a" }]]],
  ["a string without end", 'Basic realm="a', [["basic", { realm: "a" }]]],
  ["nothing", "", []],
  ["noise", '"";=', []],
])("reads %s", (_, header, expected) => {
  expect(plain(header)).toEqual(expected);
});

const word = constantFrom("realm", "service", "scope", "x-y", "charset");
const challenges = array(
  record({ scheme: constantFrom("basic", "bearer", "digest"), parameters: dictionary(word, string()) }),
  { maxLength: 5 },
);

it("reads back what was written", () => {
  assert(
    property(challenges, (list) => {
      const header = list
        .map(({ scheme, parameters }) => {
          const pairs = Object.entries(parameters);
          const quoted = pairs.map(
            ([name, value]) => `${name}="${value.replaceAll(/["\\]/gu, String.raw`\$&`)}"`,
          );
          return `${scheme} ${quoted.join(", ")}`.trim();
        })
        .join(", ");
      expect(plain(header)).toEqual(list.map(({ scheme, parameters }) => [scheme, { ...parameters }]));
    }),
  );
});

it("never throws, and never runs for ever", () => {
  assert(
    property(string({ maxLength: 200 }), (header) => {
      expect(parseChallenges(header).length).toBeLessThanOrEqual(16);
    }),
  );
});
