import { type CelFunc, CelScalar, celMethod, listType } from "@bufbuild/cel";
import { strings } from "@bufbuild/cel/ext";
import { ANY, BOOL, DOUBLE, DURATION, INT, listOf, STRING, TIMESTAMP, type Type } from "./cel-type.ts";

/** What a function takes and gives, as far as the check of rules needs it. */
export interface Signature {
  /** The type that a method is called on; absent for what may be called on several. */
  readonly target?: Type;
  /** How many arguments, the target not counted; the fewest and the most. */
  readonly arguments: readonly [number, number];
  readonly result: Type;
}

const onString = (count: number, result: Type): Signature => ({
  target: STRING,
  arguments: [count, count],
  result,
});
const convert = (result: Type): Signature => ({ arguments: [1, 1], result });
const calendar: Signature = { arguments: [0, 1], result: INT };

/** The functions that rules may call. Functions whose results can outgrow their input are left out. */
export const SIGNATURES: ReadonlyMap<string, Signature> = new Map(
  Object.entries({
    contains: onString(1, BOOL),
    startsWith: onString(1, BOOL),
    endsWith: onString(1, BOOL),
    matches: onString(1, BOOL),
    lowerAscii: onString(0, STRING),
    upperAscii: onString(0, STRING),
    split: onString(1, listOf(STRING)),
    isWithin: onString(1, BOOL),
    touches: onString(1, BOOL),
    join: { target: listOf(STRING), arguments: [0, 1], result: STRING },
    size: { arguments: [0, 1], result: INT },
    int: convert(INT),
    double: convert(DOUBLE),
    string: convert(STRING),
    bool: convert(BOOL),
    timestamp: convert(TIMESTAMP),
    duration: convert(DURATION),
    dyn: convert(ANY),
    getFullYear: calendar,
    getMonth: calendar,
    getDate: calendar,
    getDayOfMonth: calendar,
    getDayOfWeek: calendar,
    getDayOfYear: calendar,
    getHours: calendar,
    getMinutes: calendar,
    getSeconds: calendar,
  } satisfies Record<string, Signature>),
);

const directories = [listType(CelScalar.STRING)] as const;

/** `path.isWithin(directories)`: the path is one of the directories, or below one. */
const isWithinMethod = celMethod("isWithin", CelScalar.STRING, directories, CelScalar.BOOL, function (list) {
  for (const directory of list) if (isBelow(this, String(directory))) return true;
  return false;
});

/** `path.touches(directories)`: the path is one of the directories, below one, or above one. */
const touchesMethod = celMethod("touches", CelScalar.STRING, directories, CelScalar.BOOL, function (list) {
  for (const directory of list) {
    if (isBelow(this, String(directory)) || isBelow(String(directory), this)) return true;
  }
  return false;
});

const FROM_EXTENSION: ReadonlySet<string> = new Set(["lowerAscii", "upperAscii", "split", "join"]);

/** The functions beside CEL's own. */
export const functions: CelFunc[] = [
  ...strings.filter(({ name }) => FROM_EXTENSION.has(name)),
  isWithinMethod,
  touchesMethod,
];

/** The empty path is nowhere, so it is below nothing and above nothing. */
function isBelow(path: string, directory: string): boolean {
  if (path === "" || directory === "") return false;
  return path === directory || path.startsWith(directory.endsWith("/") ? directory : `${directory}/`);
}
