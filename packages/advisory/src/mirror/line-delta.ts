import { AdvisoryError } from "../errors.ts";

/** Lines without their ends, in the order of their bytes, each once. */
export type Lines = AsyncIterable<Buffer> | Iterable<Buffer>;

const COPY = 0x3d;
const DROP = 0x2d;
const ADD = 0x2b;

/**
 * How to make `after` of `before`, as lines: `=N` keeps the next N lines, `-N` leaves the next N out, and `+LINE` puts one in.
 * Both are in order, so one pass over each is enough, whatever they hold.
 */
export async function* makeDelta(before: Lines, after: Lines): AsyncGenerator<Buffer> {
  const old = iteratorOf(before);
  const fresh = iteratorOf(after);
  let run: { code: "=" | "-"; count: number } | undefined;
  let left = await old.next();
  let right = await fresh.next();
  while (left.done !== true || right.done !== true) {
    const order = compareNext(left, right);
    if (order > 0) {
      if (run !== undefined) yield Buffer.from(`${run.code}${run.count}`);
      run = undefined;
      yield Buffer.concat([Buffer.from("+"), right.value]);
    } else {
      const code = order === 0 ? "=" : "-";
      if (run?.code === code) run.count += 1;
      else {
        if (run !== undefined) yield Buffer.from(`${run.code}${run.count}`);
        run = { code, count: 1 };
      }
      left = await old.next();
    }
    if (order >= 0) right = await fresh.next();
  }
  if (run !== undefined) yield Buffer.from(`${run.code}${run.count}`);
}

/**
 * Gives the lines that a delta makes of those before. What comes out has to be checked by its digest. Throws
 * `MIRROR_MALFORMED` where the delta is none of these lines.
 */
export async function* applyDelta(before: Lines, delta: Lines): AsyncGenerator<Buffer> {
  const old = iteratorOf(before);
  for await (const line of delta) {
    if (line[0] === ADD) {
      yield line.subarray(1);
      continue;
    }
    const keep = line[0] === COPY;
    if (!keep && line[0] !== DROP) throw malformed();
    for (let left = countOf(line); left > 0; left -= 1) {
      const next = await old.next();
      if (next.done === true) throw malformed();
      if (keep) yield next.value;
    }
  }
  const rest = await old.next();
  if (rest.done !== true) throw malformed();
}

function countOf(line: Buffer): number {
  const text = line.subarray(1, 12).toString("latin1");
  if (!/^[1-9]\d{0,9}$/u.test(text) || line.length > 11) throw malformed();
  return Number(text);
}

/** The end comes after all lines. */
function compareNext(left: IteratorResult<Buffer>, right: IteratorResult<Buffer>): number {
  if (left.done === true) return 1;
  return right.done === true ? -1 : Buffer.compare(left.value, right.value);
}

function iteratorOf(lines: Lines): AsyncIterator<Buffer> | Iterator<Buffer> {
  return Symbol.asyncIterator in lines ? lines[Symbol.asyncIterator]() : lines[Symbol.iterator]();
}

function malformed(): AdvisoryError {
  return new AdvisoryError("MIRROR_MALFORMED", "a delta does not fit what it is to change");
}
