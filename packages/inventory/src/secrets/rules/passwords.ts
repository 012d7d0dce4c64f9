import { NOISY } from "../path-class.ts";
import { entropyOf, isPlaceholder, looksRandom } from "../randomness.ts";
import type { SecretJudgement, SecretMatch, SecretRule } from "../secret-rule.ts";

/** Files in which a value needs no quotes. */
const SETTINGS =
  /(?:^|\/)(?:\.env(?:\.[^/]{1,32})?|[^/]{1,64}\.(?:env|ini|cfg|conf|cnf|properties|ya?ml|toml|tfvars|xml|config|envrc|sh|bash|zsh)|Dockerfile[^/]{0,32}|\.my\.cnf|\.pgpass|\.git-credentials|credentials|config)$/iu;
/** Names that tell how a password is kept, asked for or checked, and not what it is. */
const OTHER_NAMES =
  /(?:encryption|hash|hashing|algorithm|algo|method|type|class|format|length|policy|file|path|dir|url|uri|endpoint|name|field|label|hint|placeholder|pattern|regex|prompt|help|command|id|ttl|expiry|provider|store|plugin|header|prefix|scheme)s?$/iu;
/** How random a password has to be, in bits for each character, and a token. */
const PASSWORD_BITS = 2.5;
const TOKEN_BITS = 3.5;
const MIN_TOKEN = 16;

/** What people choose themselves: told by what stands in front of it. */
export const passwords: readonly SecretRule[] = [
  {
    id: "url-password",
    title: "Password in an address",
    severity: "high",
    confidence: "high",
    keywords: ["://"],
    pattern:
      /(?<=(?<scheme>[a-z][a-z0-9+]{1,24})):\/\/(?<user>[A-Za-z0-9._%+~-]{0,64}):(?<secret>[^\s/@:"'`<>{}()[\]$\\,;|]{4,128})@(?<host>[A-Za-z0-9._-]{1,128})/dy,
    behindBytes: 26,
    reachBytes: 400,
    isGuessable: true,
    judge: judgeAddress,
    skipIn: NOISY,
  },
  {
    id: "password-assignment",
    title: "Password or token in a setting",
    severity: "medium",
    confidence: "low",
    keywords: [
      "password",
      "passwd",
      "passphrase",
      "secret",
      "token",
      "api_key",
      "apikey",
      "api-key",
      "access_key",
      "pwd=",
    ],
    ignoreCase: true,
    pattern:
      /(?<name>password|passwd|passphrase|secret|token|api[_-]?key|access_key|pwd)(?<end>[A-Za-z0-9_.-]{0,24})(?:["'\]]{0,2}[ \t]{0,8}(?::=|=>|[:=])[ \t]{0,8}|["'](?<list>[ \t]{0,2},)[ \t]{0,4})(?<quote>["'`]?)(?<secret>[^\s"'`,;<>(){}[\]$\\]{6,128})(?<after>["'`]?)(?=[\s,;)}\]<]|$)/diy,
    isGuessable: true,
    judge: judgeAssignment,
    skipIn: NOISY,
  },
];

function judgeAddress({ secret, groups }: SecretMatch): SecretJudgement | undefined {
  const host = groups.host ?? "";
  const isExample =
    /(?:^|\.)(?:example(?:\.[a-z]{2,8})?|test|invalid|domain\.com|host|hostname|server|yourhost)$/iu;
  if (isPlaceholder(secret) || isExample.test(host) || secret.toLowerCase() === groups.user?.toLowerCase()) {
    return undefined;
  }
  const isHere = /^(?:localhost|127\.0\.0\.1|0\.0\.0\.0|db|database|redis|postgres|mysql|mongo)$/iu.test(
    host,
  );
  return isHere ? { severity: "medium", confidence: "low" } : {};
}

function judgeAssignment({ secret, groups, path }: SecretMatch): SecretJudgement | undefined {
  // PHP's `define` has a comma where others have a sign; anywhere else it is a list of words.
  if (groups.list !== undefined && path?.endsWith(".php") !== true) return undefined;
  if (OTHER_NAMES.test(groups.end ?? "")) return undefined;
  const isQuoted = groups.quote !== "" && groups.quote === groups.after;
  if (!isQuoted && (groups.quote !== "" || groups.after !== "")) return undefined;
  if (!isQuoted && path !== undefined && !SETTINGS.test(path)) return undefined;
  if (isPlaceholder(secret) || /^(?:[./~]|[A-Za-z]:\\|https?:)|^[\w.-]+(?:\/[\w.-]+)+$/u.test(secret))
    return undefined;
  const isPassword = /^pass|^pwd/iu.test(groups.name ?? "");
  const isOne = isPassword
    ? isPasswordLike(secret, isQuoted)
    : secret.length >= MIN_TOKEN && looksRandom(secret, TOKEN_BITS);
  return isOne ? {} : undefined;
}

/** Letters with digits or signs; a word alone is more likely the name of a field. */
function isPasswordLike(text: string, isQuoted: boolean): boolean {
  const hasOther = isQuoted ? /[\d!#%&*+=?@^~-]/u.test(text) : /[\d!#%&*+=?@^~]/u.test(text);
  const isName = /^[A-Za-z]+(?:[._-][A-Za-z]+)*$/u.test(text) || /^\d+(?:\.\d+)*$/u.test(text);
  return hasOther && !isName && entropyOf(text) >= PASSWORD_BITS;
}
