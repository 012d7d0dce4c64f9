import { fileTreeOf } from "@pratique/testkit";
import { assert, asyncProperty, string } from "fast-check";
import { expect, it } from "vitest";
import { elixir } from "./elixir.ts";

const METADATA = `{<<"links">>,[{<<"GitHub">>,<<"https://github.com/example/jason">>}]}.
{<<"name">>,<<"jason">>}.
{<<"version">>,<<"1.4.1">>}.
{<<"requirements">>,
 [[{<<"name">>,<<"decimal">>},
   {<<"app">>,<<"decimal">>},
   {<<"requirement">>,<<"~> 1.0 or ~> 2.0">>}]]}.
`;
const APPLICATION = `%% {vsn, "0.0.1"}
{application,jason,
             [{modules,['Elixir.Jason']},
              {description,"A parser, {vsn,\\"9\\"} included"},
              {registered,[]},
              {vsn,"1.4.1"}]}.
`;

const MIX_LOCK = `%{
  "jason": {:hex, :jason, "1.4.1", "79a3", [:mix], [], "hexpm", "fbb0"},
  "ours": {:git, "https://git.example/ours.git", "79a3", []},
}
`;

async function read(items: Parameters<typeof fileTreeOf>[0]) {
  return elixir.catalog(fileTreeOf(items), {});
}

it.each([
  ["that was fetched", "app/deps/jason/hex_metadata.config", METADATA],
  ["of a release", "app/lib/jason-1.4.1/ebin/jason.app", APPLICATION],
  ["of a release where it was built", "app/_build/prod/rel/shop/lib/jason-1.4.1/ebin/jason.app", APPLICATION],
  ["of a release below others' directories", "opt/deps/shop/lib/jason-1.4.1/ebin/jason.app", APPLICATION],
])("finds a package %s", async (_, path, text) => {
  expect(await read({ [path]: text })).toEqual({
    packages: [{ type: "hex", name: "jason", version: "1.4.1", paths: [path] }],
    failures: [],
  });
});

it.each([
  ["Mix", "mix.lock", MIX_LOCK],
  [
    "rebar3",
    "rebar.lock",
    '{"1.2.0",\n[{<<"jason">>,{pkg,<<"jason">>,<<"1.4.1">>},0},\n {<<"ours">>,{git,"x"},0}]}.',
  ],
])("believes the lock of %s, and takes nothing of others for packages", async (_, lock, text) => {
  const ours = '{application,ours,[{vsn,"0.1.0"}]}.';
  const path = "app/_build/prod/lib/jason/ebin/jason.app";
  const items = {
    [`app/${lock}`]: text,
    [path]: APPLICATION,
    "app/_build/prod/lib/ours/ebin/ours.app": ours,
    "app/_build/prod/lib/shop/ebin/shop.app": ours.replace("ours", "shop"),
    "app/_build/prod/rel/shop/lib/shop-0.1.0/ebin/shop.app": ours.replace("ours", "shop"),
    "other/_build/prod/lib/jason/ebin/jason.app": APPLICATION,
  };
  expect(await read(items)).toEqual({
    packages: [{ type: "hex", name: "jason", version: "1.4.1", paths: [path] }],
    failures: [],
  });
});

it("calls a package as Hex does, whatever its application is called", async () => {
  const lock = MIX_LOCK.replace(":hex, :jason", ":hex, :jason_fork");
  const { packages } = await read({
    "mix.lock": lock,
    "_build/dev/lib/jason/ebin/jason.app": APPLICATION,
  });
  expect(packages.map(({ name }) => name)).toEqual(["jason_fork"]);
});

it("believes the metadata that rebar3 unpacks beside what it compiles", async () => {
  const { packages } = await read({
    "app/_build/default/lib/jason/hex_metadata.config": METADATA,
    "app/_build/default/lib/jason/ebin/jason.app": APPLICATION,
    "app/_build/default/lib/shop/ebin/shop.app": '{application,shop,[{vsn,"0.1.0"}]}.',
  });
  expect(packages.map(({ name, paths }) => [name, paths.length])).toEqual([["jason", 2]]);
});

it("counts a package that was fetched and compiled once", async () => {
  const paths = ["app/_build/prod/lib/jason/ebin/jason.app", "app/deps/jason/hex_metadata.config"];
  const { packages } = await read({ [paths[0] ?? ""]: APPLICATION, [paths[1] ?? ""]: METADATA });
  expect(packages.map((one) => ({ ...one, paths: [...one.paths].sort() }))).toEqual([
    { type: "hex", name: "jason", version: "1.4.1", paths },
  ]);
});

it.each([
  ["a part of Erlang", "usr/lib/erlang/lib/ssl-11.0/ebin/ssl.app", '{application,ssl,[{vsn,"11.0"}]}.'],
  ["a part of Elixir", "app/lib/elixir-1.16.0/ebin/elixir.app", '{application,elixir,[{vsn,"1.16.0"}]}.'],
  ["what lies in a directory of another name", "app/x/ebin/jason.app", APPLICATION],
  [
    "a lock by itself",
    "app/mix.lock",
    '%{"jason": {:hex, :jason, "1.4.1", "79a3", [:mix], [], "hexpm", "fbb0"}}',
  ],
])("does not take %s for a package", async (_, path, text) => {
  expect(await read({ [path]: text })).toEqual({ packages: [], failures: [] });
});

it("leaves out the application that a release is of", async () => {
  const { packages } = await read({
    "app/releases/0.1.0/shop.rel": '{release,{"shop","0.1.0"},{erts,"14.2"},[]}.',
    "app/lib/shop-0.1.0/ebin/shop.app": '{application,shop,[{vsn,"0.1.0"}]}.',
    "app/lib/jason-1.4.1/ebin/jason.app": APPLICATION,
  });
  expect(packages.map(({ name }) => name)).toEqual(["jason"]);
});

it.each([
  ["no terms", "lib/a-1/ebin/a.app", "a"],
  ["nothing", "lib/a-1/ebin/a.app", ""],
  ["no version", "lib/a-1/ebin/a.app", "{application,a,[]}."],
  ["a path for a name", "lib/a-1/ebin/a.app", "{application,'../a',[{vsn,\"1\"}]}."],
  ["a space in its version", "lib/a-1/ebin/a.app", '{application,a,[{vsn,"1 0"}]}.'],
  [
    "a name of what it needs only",
    "deps/a/hex_metadata.config",
    METADATA.replace('{<<"name">>,<<"jason">>}.\n', ""),
  ],
])("records a file with %s, and keeps the others", async (_, path, bad) => {
  const { packages, failures } = await read({ [path]: bad, "lib/jason-1.4.1/ebin/jason.app": APPLICATION });
  expect(packages.map(({ name }) => name)).toEqual(["jason"]);
  expect(failures).toEqual([expect.objectContaining({ code: "PACKAGE_RECORD_MALFORMED", path })]);
});

it("never rejects, whatever a file holds", async () => {
  await assert(
    asyncProperty(string({ unit: "binary" }), async (text) => {
      const { packages, failures } = await read({ "deps/a/hex_metadata.config": text });
      expect(packages.length + failures.length).toBe(1);
    }),
  );
});
