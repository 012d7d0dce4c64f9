import type { FieldType, FieldValue } from "@pratique/core";
import type { Operator, Quantifier, TextOperator } from "../condition/expression.ts";
import { type Address, addressKey, isInNetwork, NetworkSet, parseAddress, parseNetwork } from "./address.ts";
import { hasBytesAt, hexBytes, indexOfBytes, utf8Bytes, utf8Text } from "./bytes.ts";
import { compileGlob, foldCase } from "./glob.ts";
import { PathPrefixes } from "./path-prefixes.ts";
import { compileRegularExpression } from "./regular-expression.ts";

/** Whether a value satisfies a check. */
export type ValueTest = (value: FieldValue) => boolean;

/** Why no test can be made of what a rule says. */
export interface Fault {
  readonly fault: string;
}

export interface Comparison {
  readonly operator: Exclude<Operator, "exists">;
  readonly quantifier: Quantifier | undefined;
  readonly texts: readonly string[];
}

/** Makes a test of a comparison with literals, or says why they do not fit the field. */
export function compileValueTest(type: FieldType, comparison: Comparison): ValueTest | Fault {
  const { operator, quantifier, texts } = comparison;
  if (!operatorsOf[type].includes(operator)) return { fault: `operator ${operator} does not fit a ${type}` };
  if (isSetOperator(operator)) return setTest(type, operator, texts);
  const tests: ValueTest[] = [];
  for (const text of texts) {
    const test = singleTest(type, operator, text);
    if (isFault(test)) return test;
    tests.push(test);
  }
  return quantify(quantifier, tests);
}

/** Makes a test of a comparison with what another field holds; undefined where the operator cannot do that. */
export function compareValues(
  type: FieldType,
  operator: Exclude<Operator, "exists">,
): ((left: FieldValue, right: FieldValue) => boolean) | Fault {
  if (!operatorsOf[type].includes(operator) || operator === "pmatch" || operator === "regex") {
    return { fault: `operator ${operator} cannot compare a ${type} with another field` };
  }
  return (left, right) => {
    const test = compileValueTest(type, { operator, quantifier: undefined, texts: [valueText(right)] });
    return !isFault(test) && test(left);
  };
}

/** A value as the language writes it. */
export function valueText(value: FieldValue): string {
  if (typeof value === "string") return value;
  return value instanceof Uint8Array ? utf8Text(value) : String(value);
}

export function isFault(value: object): value is Fault {
  return "fault" in value;
}

const equality: readonly Operator[] = ["=", "!=", "in", "intersects"];
const order: readonly Operator[] = ["<", "<=", ">", ">="];
const textual: readonly Operator[] = ["contains", "startswith", "endswith"];

const operatorsOf: Readonly<Record<FieldType, readonly Operator[]>> = {
  string: [...equality, ...order, ...textual, "icontains", "glob", "iglob", "regex", "pmatch"],
  bytes: ["=", "!=", "in", ...textual, "bcontains", "bstartswith"],
  number: [...equality, ...order],
  boolean: equality,
  address: equality,
  network: equality,
};

type SetOperator = "in" | "intersects" | "pmatch";

function isSetOperator(operator: Operator): operator is SetOperator {
  return operator === "in" || operator === "intersects" || operator === "pmatch";
}

function quantify(quantifier: Quantifier | undefined, tests: readonly ValueTest[]): ValueTest {
  switch (quantifier) {
    case undefined:
      return tests[0] ?? never;
    case "anyof":
      return (value) => tests.some((test) => test(value));
    case "allof":
      return (value) => tests.every((test) => test(value));
    case "oneof":
      return (value) => countHolding(tests, value) === 1;
  }
}

function countHolding(tests: readonly ValueTest[], value: FieldValue): number {
  let count = 0;
  for (const test of tests) if (test(value)) count += 1;
  return count;
}

const never: ValueTest = () => false;

function setTest(type: FieldType, operator: SetOperator, texts: readonly string[]): ValueTest | Fault {
  switch (type) {
    case "string": {
      if (operator === "pmatch") {
        const prefixes = new PathPrefixes(texts);
        return (value) => prefixes.matches(valueText(value));
      }
      const set = new Set(texts);
      const [only] = texts;
      if (set.size === 1 && only !== undefined) return (value) => valueText(value) === only;
      return (value) => set.has(typeof value === "string" ? value : valueText(value));
    }
    case "bytes": {
      const set = new Set(texts);
      return (value) => set.has(valueText(value));
    }
    case "number":
      return keyedSetTest(texts, parseNumber, (value) => value);
    case "boolean":
      return keyedSetTest(texts, parseBoolean, (value) => value);
    case "address":
      return addressSetTest(texts);
    case "network":
      return networkSetTest(texts);
  }
}

function keyedSetTest<Key extends FieldValue>(
  texts: readonly string[],
  parse: (text: string) => Key | Fault,
  keyOf: (value: FieldValue) => FieldValue,
): ValueTest | Fault {
  const set = new Set<FieldValue>();
  for (const text of texts) {
    const key = parse(text);
    if (typeof key === "object" && isFault(key)) return key;
    set.add(key);
  }
  return (value) => set.has(keyOf(value));
}

function addressSetTest(texts: readonly string[]): ValueTest | Fault {
  const keys = new Set<string>();
  for (const text of texts) {
    const address = parseAddress(text);
    if (address === undefined) return { fault: `${JSON.stringify(text)} is no address` };
    keys.add(addressKey(address));
  }
  return (value) => {
    const address = addressOf(value);
    return address !== undefined && keys.has(addressKey(address));
  };
}

function networkSetTest(texts: readonly string[]): ValueTest | Fault {
  const networks = [];
  for (const text of texts) {
    const network = parseNetwork(text);
    if (network === undefined) return { fault: `${JSON.stringify(text)} is no network` };
    networks.push(network);
  }
  const set = new NetworkSet(networks);
  return (value) => {
    const address = addressOf(value);
    return address !== undefined && set.has(address);
  };
}

function singleTest(
  type: FieldType,
  operator: Exclude<Operator, "exists" | SetOperator>,
  text: string,
): ValueTest | Fault {
  switch (type) {
    case "string":
      return stringTest(operator, text);
    case "bytes":
      return bytesTest(operator, text);
    case "number": {
      const number = parseNumber(text);
      return typeof number === "number" ? orderTest(operator, number) : number;
    }
    case "boolean": {
      const flag = parseBoolean(text);
      if (typeof flag !== "boolean") return flag;
      return operator === "=" ? (value) => value === flag : (value) => value !== flag;
    }
    case "address":
    case "network":
      return networkTest(type, operator, text);
  }
}

function stringTest(operator: Exclude<Operator, "exists" | SetOperator>, text: string): ValueTest | Fault {
  switch (operator) {
    case "=":
      return (value) => value === text || (typeof value !== "string" && valueText(value) === text);
    case "!=":
      return (value) => valueText(value) !== text;
    case "contains":
      return (value) => valueText(value).includes(text);
    case "icontains": {
      const folded = foldCase(text);
      return (value) => foldCase(valueText(value)).includes(folded);
    }
    case "startswith":
      return (value) => valueText(value).startsWith(text);
    case "endswith":
      return (value) => valueText(value).endsWith(text);
    case "glob":
    case "iglob": {
      const test = compileGlob(text, { ignoreCase: operator === "iglob" });
      return (value) => test(valueText(value));
    }
    case "regex": {
      const test = compileRegularExpression(text);
      return typeof test === "function" ? (value) => test(valueText(value)) : test;
    }
    case "<":
      return (value) => valueText(value) < text;
    case "<=":
      return (value) => valueText(value) <= text;
    case ">":
      return (value) => valueText(value) > text;
    case ">=":
      return (value) => valueText(value) >= text;
    case "bcontains":
    case "bstartswith":
      return never;
  }
}

function bytesTest(operator: TextOperator | Operator, text: string): ValueTest | Fault {
  const wanted = operator === "bcontains" || operator === "bstartswith" ? hexBytes(text) : utf8Bytes(text);
  if (wanted === undefined) return { fault: `${JSON.stringify(text)} is not hexadecimal` };
  switch (operator) {
    case "=":
      return (value) => isEqual(bytesOf(value), wanted);
    case "!=":
      return (value) => !isEqual(bytesOf(value), wanted);
    case "contains":
    case "bcontains":
      return (value) => indexOfBytes(bytesOf(value), wanted) >= 0;
    case "startswith":
    case "bstartswith":
      return (value) => hasBytesAt(bytesOf(value), wanted, 0);
    case "endswith":
      return (value) => hasBytesAt(bytesOf(value), wanted, bytesOf(value).length - wanted.length);
    default:
      return never;
  }
}

function orderTest(operator: Operator, number: number): ValueTest {
  switch (operator) {
    case "=":
      return (value) => value === number;
    case "!=":
      return (value) => value !== number;
    case "<":
      return (value) => typeof value === "number" && value < number;
    case "<=":
      return (value) => typeof value === "number" && value <= number;
    case ">":
      return (value) => typeof value === "number" && value > number;
    case ">=":
      return (value) => typeof value === "number" && value >= number;
    default:
      return never;
  }
}

function networkTest(type: "address" | "network", operator: Operator, text: string): ValueTest | Fault {
  const network = type === "address" && text.includes("/") ? undefined : parseNetwork(text);
  if (network === undefined) return { fault: `${JSON.stringify(text)} is no ${type}` };
  const isIn: ValueTest = (value) => {
    const address = addressOf(value);
    return address !== undefined && isInNetwork(address, network);
  };
  return operator === "!=" ? (value) => !isIn(value) : isIn;
}

/** What the same events name again and again is read once. */
const MAX_KNOWN_ADDRESSES = 4096;
const knownAddresses = new Map<string, Address | undefined>();

function addressOf(value: FieldValue): Address | undefined {
  const text = valueText(value);
  const known = knownAddresses.get(text);
  if (known !== undefined) return known;
  const address = parseAddress(text);
  if (knownAddresses.size >= MAX_KNOWN_ADDRESSES) knownAddresses.clear();
  if (text.length <= 64) knownAddresses.set(text, address);
  return address;
}

function bytesOf(value: FieldValue): Uint8Array {
  return value instanceof Uint8Array ? value : utf8Bytes(valueText(value));
}

function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && hasBytesAt(left, right, 0);
}

function parseNumber(text: string): number | Fault {
  if (/^0[xX][0-9a-fA-F]{1,16}$/u.test(text)) return Number.parseInt(text, 16);
  const isDecimal = /^[+-]?\d{1,20}(?:\.\d{0,20})?(?:[eE][+-]?\d{1,3})?$/u.test(text);
  return isDecimal ? Number(text) : { fault: `${JSON.stringify(text)} is no number` };
}

function parseBoolean(text: string): boolean | Fault {
  if (text === "true") return true;
  return text === "false" ? false : { fault: `${JSON.stringify(text)} is neither true nor false` };
}
