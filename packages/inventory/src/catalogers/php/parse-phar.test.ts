import { deflateRawSync } from "node:zlib";
import { fileTreeOf } from "@pratique/testkit";
import { assert, asyncProperty, nat, uint8Array } from "fast-check";
import { expect, it } from "vitest";
import { php } from "./php.ts";

const LIST = `<?php return array(
    'root' => array(
        'name' => 'wp-cli/wp-cli-bundle',
        'pretty_version' => '2.12.0',
    ),
    'versions' => array(
        'composer/ca-bundle' => array(
            'pretty_version' => '1.5.1',
            'version' => '1.5.1.0',
            'dev_requirement' => false,
        ),
        'example/replaced' => array(
            'dev_requirement' => false,
            'replaced' => array(
                0 => '*',
            ),
        ),
        'wp-cli/wp-cli' => array(
            'pretty_version' => 'v2.12.0',
        ),
        'wp-cli/wp-cli-bundle' => array(
            'pretty_version' => '1.0.0+no-version-set',
        ),
    ),
);
`;

/** As Composer wrote it before version 2.2. */
const OLDER = `<?php return array (
  'root' =>${" "}
  array (
    'pretty_version' => '2.0.0',
  ),
  'versions' =>${" "}
  array (
    'psr/log' =>${" "}
    array (
      'pretty_version' => '1.1.3',
    ),
  ),
);
`;

interface Part {
  readonly name: string;
  readonly content: string;
  readonly flags?: number;
}

/** PHP manual, "Phar file format". */
function pharOf(
  parts: readonly Part[],
  stub = "#!/usr/bin/env php\n<?php __HALT_COMPILER(); ?>\r\n",
): Buffer {
  const number = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const stored = parts.map(({ content, flags = 0 }) =>
    (flags & 0x1000) === 0 ? Buffer.from(content) : deflateRawSync(content),
  );
  const entries = parts.flatMap(({ name, content, flags = 0 }, at) => [
    number(name.length),
    Buffer.from(name),
    ...[content.length, 0, stored[at]?.length ?? 0, 0, flags | 0o644, 0].map(number),
  ]);
  const alias = Buffer.from("a.phar");
  const head = [
    number(parts.length),
    Buffer.from([0x11, 0]),
    number(0),
    number(alias.length),
    alias,
    number(0),
  ];
  const manifest = Buffer.concat([...head, ...entries]);
  return Buffer.concat([Buffer.from(stub), number(manifest.length), manifest, ...stored]);
}

const own = { name: "php/boot.php", content: "<?php echo 1;\n" };
const path = "vendor/composer/installed.php";

async function read(name: string, content: Buffer) {
  const { packages, failures } = await php.catalog(fileTreeOf({ [name]: content }), {});
  return [packages.map((one) => [one.name, one.version, ...one.paths]), failures];
}

it.each([
  ["as it is", pharOf([own, { name: path, content: LIST }, own])],
  ["packed", pharOf([own, { name: path, content: LIST, flags: 0x1000 }])],
  ["behind a short stub", pharOf([{ name: `x/${path}`, content: LIST }], "<?php __HALT_COMPILER();")],
  ["behind a line", pharOf([{ name: path, content: LIST }], "<?php __HALT_COMPILER(); ?>\n")],
])("reads the list in a program of PHP: %s", async (_, content) => {
  const found = [
    ["composer/ca-bundle", "1.5.1", "usr/local/bin/wp"],
    ["wp-cli/wp-cli", "v2.12.0", "usr/local/bin/wp"],
  ];
  expect(await read("usr/local/bin/wp", content)).toEqual([found, []]);
});

it("reads the list that older versions of Composer wrote", async () => {
  const expected = [[["psr/log", "1.1.3", "opt/tool.phar"]], []];
  expect(await read("opt/tool.phar", pharOf([{ name: path, content: OLDER }]))).toEqual(expected);
});

it("takes no time over a list of empty lines", async () => {
  const list = "<?php\n".padEnd(1024 * 1024, "\n");
  expect(await read("a.phar", pharOf([{ name: path, content: list, flags: 0x1000 }]))).toEqual([[], []]);
});

it.each([
  ["no archive", "usr/bin/wp", Buffer.from("#!/bin/sh\n")],
  ["an archive without a list", "a.phar", pharOf([own])],
  ["an archive of another name", "usr/bin/tool", pharOf([{ name: path, content: LIST }])],
])("finds nothing in %s", async (_, name, content) => {
  expect(await read(name, content)).toEqual([[], []]);
});

const whole = pharOf([own, { name: path, content: LIST, flags: 0x1000 }]);

it.each([
  ["ends early", whole.subarray(0, whole.length - 10)],
  ["ends in its manifest", whole.subarray(0, 90)],
  ["has a list that is packed by bzip2", pharOf([{ name: path, content: LIST, flags: 0x2000 }])],
  [
    "has more parts than anybody's",
    Buffer.concat([Buffer.from("__HALT_COMPILER();"), Buffer.alloc(40, 0x7f)]),
  ],
])("records an archive that %s", async (_, content) => {
  expect(await read("a.phar", content)).toMatchObject([
    [],
    [{ code: "PACKAGE_RECORD_MALFORMED", path: "a.phar" }],
  ]);
});

it("never throws, whatever was changed in an archive", async () => {
  await assert(
    asyncProperty(nat(whole.length - 1), uint8Array({ maxLength: 8 }), async (at, bytes) => {
      const content = Buffer.from(whole);
      content.set(bytes.subarray(0, whole.length - at), at);
      await expect(read("a.phar", content)).resolves.toHaveLength(2);
    }),
  );
});
