import { isCelMap } from "@bufbuild/cel";
import { expect, it } from "vitest";
import { HARMLESS_HOST, HARMLESS_IMAGE, HARMLESS_LAUNCH } from "../harmless.ts";
import { finding, license, secret } from "../testdata/documents.ts";
import type { Type } from "./cel-type.ts";
import {
  findingValue,
  fixedImageFields,
  licenseValue,
  secretValue,
  volatileImageFields,
} from "./image-values.ts";
import { hostValue, launchValue } from "./launch-values.ts";
import { FINDING, LICENSE, SECRET, VARIABLES, VOLATILE_READS } from "./vocabulary.ts";

function fieldsOf(type: Type): readonly string[] {
  return type.kind === "object" ? Object.keys(type.fields).sort() : [];
}

function keysOf(value: unknown): readonly string[] {
  return isCelMap(value) ? [...value.keys()].map(String).sort() : [];
}

const now = new Date("2026-06-01T00:00:00Z");
const port = { hostIp: "", hostPort: 80, containerPort: 80, protocol: "tcp" };
const mount = {
  kind: "bind",
  source: "/a",
  target: "/b",
  readOnly: true,
  device: "",
  engineSocket: false,
  exchangeable: false,
  propagation: "",
} as const;
const launch = launchValue({ ...HARMLESS_LAUNCH, mounts: [mount], ports: [port] });

it("names exactly the fields that values have", () => {
  expect(keysOf(launch)).toEqual(fieldsOf(VARIABLES.launch));
  expect(keysOf(hostValue(HARMLESS_HOST))).toEqual(fieldsOf(VARIABLES.host));
  expect(keysOf(findingValue(finding()))).toEqual(fieldsOf(FINDING));
  expect(keysOf(secretValue(secret()))).toEqual(fieldsOf(SECRET));
  expect(keysOf(licenseValue(license()))).toEqual(fieldsOf(LICENSE));
  const fixed = fixedImageFields(HARMLESS_IMAGE);
  const changing = volatileImageFields(HARMLESS_IMAGE, undefined, now);
  expect(Object.keys({ ...fixed, ...changing }).sort()).toEqual(fieldsOf(VARIABLES.image));
  expect(
    Object.keys(changing)
      .map((field) => `image.${field}`)
      .sort(),
  ).toEqual([...VOLATILE_READS].sort());
});

it.each([
  ["mounts", mount],
  ["ports", port],
])("names exactly the fields of %s", (list, item) => {
  const { launch: type } = VARIABLES;
  const element = type.kind === "object" ? type.fields[list] : undefined;
  const fields = element?.kind === "list" ? fieldsOf(element.element) : [];
  expect(fields.filter((field) => field !== "hostPath")).toEqual(Object.keys(item).sort());
});

it("gives the image of which nothing is known the same fields", () => {
  expect(Object.keys(fixedImageFields(undefined))).toEqual(Object.keys(fixedImageFields(HARMLESS_IMAGE)));
});
