import { MIN_PASSWORD_LENGTH } from "@pratique/api";
import { ServerError } from "../errors.ts";

/** What the commonest passwords are made of. */
const COMMON_WORDS = [
  "abc",
  "admin",
  "administrator",
  "baseball",
  "changeme",
  "container",
  "default",
  "docker",
  "dragon",
  "football",
  "hello",
  "iloveyou",
  "letmein",
  "login",
  "master",
  "monkey",
  "password",
  "passw",
  "pratique",
  "princess",
  "qwerty",
  "root",
  "secret",
  "security",
  "server",
  "shadow",
  "sunshine",
  "superman",
  "test",
  "user",
  "welcome",
  "word",
];

/** Rows of keyboards, and orders that everybody knows. */
const RUNS = [
  "abcdefghijklmnopqrstuvwxyz",
  "01234567890",
  "qwertyuiop",
  "asdfghjkl",
  "zxcvbnm",
  "qwertzuiop",
  "yxcvbnm",
  "azertyuiop",
  "qsdfghjklm",
  "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
];
const MIN_RUN = 4;
const MIN_DIFFERENT = 6;
/** What has to be left of a password once everything that is guessed first has been taken out of it. */
const MIN_REST = 8;

/**
 * Refuses a password that is among the first to be guessed: too short, a run of keys, one thing again and again, or
 * common words and the login with a few characters around them (NIST SP 800-63B-4, 3.1.1.2). Throws
 * `PASSWORD_REFUSED`.
 */
export function checkPassword(password: string, login: string): void {
  const why = faultOf(password.normalize("NFKC"), login);
  if (why !== undefined) throw new ServerError("PASSWORD_REFUSED", why);
}

/** A text that is some unit again and again lies within itself twice over, before its end. */
function repeatsItself(text: string): boolean {
  return `${text}${text}`.indexOf(text, 1) < text.length;
}

function faultOf(password: string, login: string): string | undefined {
  if ([...password].length < MIN_PASSWORD_LENGTH) {
    return `expected a password of at least ${MIN_PASSWORD_LENGTH} characters`;
  }
  const plain = withoutDisguise(password.toLowerCase());
  if (new Set(plain).size < MIN_DIFFERENT) return "the password holds too few different characters";
  if (repeatsItself(plain)) return "the password is one thing again and again";
  const guessed = [...COMMON_WORDS, withoutDisguise(login.toLowerCase())].filter((word) => word.length >= 3);
  if (restOf(plain, guessed).length < MIN_REST || restOf(password.toLowerCase(), guessed).length < MIN_REST) {
    return "the password is made of what is guessed first";
  }
  return undefined;
}

const disguises: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "i",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "@": "a",
  $: "s",
  "!": "i",
};

function withoutDisguise(text: string): string {
  return text.replaceAll(/[013457@$!]/gu, (character) => disguises[character] ?? character);
}

/** What is left without runs and without words, longest first. */
function restOf(text: string, words: readonly string[]): string {
  let rest = withoutRuns(text);
  for (const word of words.toSorted((left, right) => right.length - left.length)) {
    rest = rest.replaceAll(word, "");
  }
  return rest;
}

function withoutRuns(text: string): string {
  let rest = "";
  let at = 0;
  while (at < text.length) {
    const length = runAt(text, at);
    if (length < MIN_RUN) {
      rest += text[at];
      at += 1;
    } else {
      at += length;
    }
  }
  return rest;
}

/** How far from a place on the text runs along one of the known orders, forwards or backwards. */
function runAt(text: string, from: number): number {
  let longest = 0;
  for (const run of RUNS) {
    for (const order of [run, [...run].toReversed().join("")]) {
      let length = 1;
      while (from + length < text.length && order.includes(text.slice(from, from + length + 1))) length += 1;
      if (order.includes(text.slice(from, from + 1)) && length > longest) longest = length;
    }
  }
  return longest;
}
