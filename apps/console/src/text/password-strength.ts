import { MIN_PASSWORD_LENGTH } from "@pratique/api";

const MIN_DIFFERENT = 6;

/** One rule that a password has to keep, and whether it does. The server knows more of them. */
export interface PasswordRule {
  readonly text: string;
  readonly kept: boolean;
}

/** What can be told of a password while it is typed. Nothing is said of capitals and signs: length is what counts. */
export function passwordRules(password: string, login: string): readonly PasswordRule[] {
  const lower = password.normalize("NFKC").toLowerCase();
  return [
    {
      text: `At least ${MIN_PASSWORD_LENGTH} characters; a few unrelated words are good`,
      kept: [...password].length >= MIN_PASSWORD_LENGTH,
    },
    { text: `At least ${MIN_DIFFERENT} different characters`, kept: new Set(lower).size >= MIN_DIFFERENT },
    {
      text: "Not one thing again and again",
      kept: lower !== "" && !/^(?<unit>.+?)\k<unit>+$/u.test(lower),
    },
    {
      text: "More than your login",
      kept:
        lower !== "" && lower.replaceAll(login.toLowerCase() || "\0", "").length >= MIN_PASSWORD_LENGTH / 2,
    },
  ];
}
