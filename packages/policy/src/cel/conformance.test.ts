import { celEnv, isCelError, isCelList, isCelMap, isCelUint, parse, plan } from "@bufbuild/cel";
import { tests as conformance } from "@bufbuild/cel-spec/testdata/conformance.js";
import { expect, it } from "vitest";
import { functions } from "./functions.ts";

// The vectors of the CEL specification, as far as rules can meet them: no protobuf messages, no variables.
const SUITES = [
  "basic",
  "comparisons",
  "conversions",
  "fp_math",
  "integer_math",
  "lists",
  "logic",
  "macros",
  "string",
  "timestamps",
] as const;

const environment = celEnv({ funcs: functions });

interface Suite {
  readonly name: string;
  readonly suites?: readonly Suite[] | undefined;
  readonly tests?: readonly { readonly original: unknown }[] | undefined;
}

interface Vector {
  readonly name: string;
  readonly expr: string;
  readonly value?: unknown;
  readonly evalError?: unknown;
  readonly bindings?: unknown;
  readonly container?: unknown;
  readonly typeEnv?: unknown;
  readonly checkOnly?: unknown;
}

function isVector(original: unknown): original is Vector {
  return typeof original === "object" && original !== null && "expr" in original;
}

function vectorsOf(suite: Suite): readonly Vector[] {
  const own = (suite.tests ?? []).map(({ original }) => original).filter(isVector);
  return [...own, ...(suite.suites ?? []).flatMap(vectorsOf)];
}

function isPlain(vector: Vector): boolean {
  if (vector.bindings !== undefined || vector.container !== undefined || vector.typeEnv !== undefined)
    return false;
  return (
    vector.checkOnly === undefined && !/"(?:objectValue|typeValue)"/u.test(JSON.stringify(vector.value ?? ""))
  );
}

/** A value in the JSON form of cel.expr.Value. */
function jsonOf(value: unknown): unknown {
  if (value === null) return { nullValue: null };
  if (typeof value === "bigint") return { int64Value: String(value) };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "number") return { doubleValue: Number.isFinite(value) ? value : String(value) };
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString("base64") };
  if (isCelUint(value)) return { uint64Value: String(value.value) };
  if (isCelList(value))
    return value.size === 0 ? { listValue: {} } : { listValue: { values: [...value].map(jsonOf) } };
  if (isCelMap(value)) {
    const entries = [...value].map(([key, item]) => ({ key: jsonOf(key), value: jsonOf(item) }));
    return entries.length === 0 ? { mapValue: {} } : { mapValue: { entries } };
  }
  return { unknown: String(value) };
}

function run({ expr }: Vector): unknown {
  try {
    const value = plan(environment, parse(expr))();
    return isCelError(value) ? "error" : jsonOf(value);
  } catch {
    return "error";
  }
}

it.each(SUITES)("evaluates the specification's %s", (name) => {
  const suite: Suite | undefined = conformance.suites?.find((one) => one.name === name);
  const vectors = suite === undefined ? [] : vectorsOf(suite).filter(isPlain);
  expect(vectors.length).toBeGreaterThan(10);
  const wrong = vectors.filter((vector) => {
    const expected = vector.evalError === undefined ? (vector.value ?? { boolValue: true }) : "error";
    return JSON.stringify(run(vector)) !== JSON.stringify(expected);
  });
  expect(wrong.map(({ expr }) => expr)).toEqual([]);
});
