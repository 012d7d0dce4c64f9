import { RE2JS } from "@bufbuild/re2";
import { messageOf } from "@pratique/core";
import type { TextTest } from "./glob.ts";
import { regularExpressionSize } from "./regular-expression-size.ts";

const MAX_PATTERN_LENGTH = 10_000;
/** Instructions. What is matched costs as many steps a character at worst. */
const MAX_SIZE = 20_000;
const PERL_ESCAPES = "dDsSwWbBpPAzZCQE";

/**
 * Compiles a regular expression of RE2 in its POSIX syntax, which has to match the whole text. Takes time in
 * proportion to the text, whatever the expression. Gives a fault in words where it is malformed.
 */
export function compileRegularExpression(pattern: string): TextTest | { readonly fault: string } {
  if (pattern.length > MAX_PATTERN_LENGTH) return { fault: `longer than ${MAX_PATTERN_LENGTH} characters` };
  const beyond = findBeyondPosix(pattern);
  if (beyond !== undefined) return { fault: `POSIX syntax has no ${JSON.stringify(beyond)}` };
  if (regularExpressionSize(pattern) > MAX_SIZE)
    return { fault: "too large once its repetitions are written out" };
  try {
    const compiled = RE2JS.compile(pattern, RE2JS.MULTILINE | RE2JS.DISABLE_UNICODE_GROUPS);
    return (text) => compiled.testExact(text.toWellFormed());
  } catch (thrown) {
    return { fault: messageOf(thrown) };
  }
}

/** What Perl added and RE2 refuses in this syntax: classes such as `\d`, `(?…)`, lazy repetition. */
function findBeyondPosix(pattern: string): string | undefined {
  let classStart = -1;
  for (let at = 0; at < pattern.length; at += 1) {
    const pair = pattern.slice(at, at + 2);
    if (pair.startsWith("\\")) {
      if (PERL_ESCAPES.includes(pair.charAt(1)) && pair.length === 2) return pair;
      at += 1;
    } else if (classStart >= 0) {
      const named = /^\[:[a-z]+:\]/u.exec(pattern.slice(at, at + 12));
      if (named !== null) at += named[0].length - 1;
      else if (pair.startsWith("]") && at > classStart) classStart = -1;
    } else if (pair.startsWith("[")) classStart = at + (pair === "[^" ? 2 : 1);
    else if (/^(?:\(\?|[*+?}]\?)$/u.test(pair)) return pair;
  }
  return undefined;
}
