/** How much each character of a text tells, in bits (C. Shannon): 0 where all are the same. */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/** Whether a text looks as though a machine had drawn it: letters and digits, no words, hardly a pattern. */
export function looksRandom(text: string, bitsEach = 3.5): boolean {
  if (!/\d/u.test(text) || !/[a-z]/iu.test(text)) return false;
  return entropyOf(text) >= bitsEach && !isRegular(text);
}

/** `abcdefgh`, `12345678`, `abcabcabc`, `xxxxxxxx`: as people write where a secret would stand. */
function isRegular(text: string): boolean {
  let steps = 0;
  for (let index = 1; index < text.length; index += 1) {
    const step = text.charCodeAt(index) - text.charCodeAt(index - 1);
    if (step === 0 || step === 1 || step === -1) steps += 1;
  }
  return steps * 2 > text.length;
}

const PLACEHOLDERS: readonly RegExp[] = [
  /^[.*x#_-]{1,200}$/iu,
  /^\d{1,6}$/u,
  /^[<[{@]|\$\{|\$\(|\{\{|%\(|%[sd]|^[$%]|<[a-z]/iu,
  /^(?:your|my|the|some|any|enter|insert|put|add|use|set|replace|change|default|dummy|fake|mock|sample|test|demo|todo|fixme|xxx|placeholder|redacted|masked|hidden|removed|invalid|random|abc|foo|bar|qwerty|letmein)(?:[-_ .][-_ .a-z0-9]{0,100}|\d{0,4})$/iu,
  /^(?:your|my|the|some|test|db|user|root|admin|default|super|top)?[-_ ]?(?:password|passwd|passphrase|pass|pwd|secret|token|api[-_]?key|key)\d{0,4}$/iu,
  /^(?:process\.env|import\.meta|os\.environ|system\.|config\.|settings\.|self\.|this\.|req(?:uest)?\.|ctx\.|args\.|options\.|params\.)/iu,
  /^(?:null|nil|none|true|false|undefined|empty|yes|no|on|off|required|optional|string|str|text|int|bytes|boolean|bool|object|function|prompt|ask|env|vault|basic|bearer|user|username|admin|root|guest|public|private|localhost)$/iu,
];
const EXAMPLE =
  /example|changeme|change[-_]?it|placeholder|insert[-_]|not[-_]?a[-_]?real|deadbeef|0123456789|1234567890|abcdefgh|\*\*\*\*|\.\.\./iu;

/** What is drawn at random may hold four of them: they say something only where they are a tenth of the text. */
function isCrossedOut(text: string): boolean {
  return (text.match(/x{4,}|X{4,}/gu) ?? []).some((crosses) => crosses.length * 10 >= text.length);
}

/** Whether a text stands where a secret would, and says so: `<password>`, `${DB_PASSWORD}`, `changeme`. */
export function isPlaceholder(text: string): boolean {
  if (EXAMPLE.test(text) || isCrossedOut(text) || new Set(text).size <= 2) return true;
  return PLACEHOLDERS.some((pattern) => pattern.test(text));
}
