/**
 * Kinds of places in which texts look like secrets and are none. Each has its reason; a rule names those for which it
 * holds, and no place is passed over for all rules.
 */
const pathClasses = {
  /** Packages of a language, as their authors published them: what is in them is known to everybody. */
  vendored:
    /(?:^|\/)(?:node_modules|site-packages|dist-packages|gems|bower_components|vendor|\.cargo\/registry|pkg\/mod|\.m2|jspm_packages)\/|^usr\/(?:local\/)?lib\/(?:python|ruby|node|go|perl)[^/]{0,16}\//u,
  /** What distributions install below these is in their packages, which anybody can download. */
  distributed:
    /^(?:usr\/(?:share|lib|lib32|lib64|libexec|include|src|bin|sbin)|lib|lib64|bin|sbin|opt\/nvm)\//u,
  /** Explanations, with examples of what a secret looks like. */
  documentation:
    /^usr\/share\/(?:doc|man|info|help|gtk-doc)\/|(?:^|\/)(?:docs?|examples?|samples?|man[1-9])\/|\.(?:md|mdx|rst|adoc|pod|[1-8]|html?)$|(?:^|\/)(?:README|CHANGELOG|CHANGES|HISTORY|NEWS)[^/]{0,20}$|\.(?:example|sample|dist|template|tmpl)$/iu,
  /** Made up for tests. */
  tests:
    /(?:^|\/)(?:tests?|testing|testdata|__tests__|specs?|fixtures?|mocks?|e2e)\/|[._-](?:test|tests|spec|mock)\.[a-z0-9]{1,5}$|(?:^|\/)test_[^/]{1,64}$/iu,
  /** Words about passwords, in all languages. */
  locale: /(?:^|\/)(?:locales?|i18n|l10n|lang|langs|translations|messages)\/|\.(?:po|pot|mo|xlf|resx)$/iu,
} as const satisfies Readonly<Record<string, RegExp>>;

export type PathClass = keyof typeof pathClasses;

/** Where nothing can be said with a weak rule. */
export const NOISY: readonly PathClass[] = ["vendored", "distributed", "documentation", "tests", "locale"];

/** Whether the path lies in one of these places. */
export function isIn(path: string, classes: readonly PathClass[]): boolean {
  return classes.some((name) => pathClasses[name].test(path));
}
