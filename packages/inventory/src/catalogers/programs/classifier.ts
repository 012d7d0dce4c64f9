/**
 * How one program is told from all others, by what it says of itself.
 *
 * A version alone proves nothing: every program holds numbers with dots in them. So a classifier has a token that only
 * this program holds, the version in a fixed place beside it, and, where programs that merely use it hold its banner too,
 * other texts that they do not hold.
 */
export interface Classifier {
  /** The name of one of the known programs (`core`). */
  readonly program: string;
  /**
   * Last names of the files that are looked at; all programs where absent. Where the banner is no more than a version,
   * the name of the file is part of the proof, and is given to {@link banner}.
   */
  readonly files?: RegExp;
  /** Any of them, in Latin-1; `\0` bounds a string. Eight bytes or more, unless there are `files`. */
  readonly tokens: readonly string[];
  /**
   * Reads the version, as its group `version`, from a token and what stands close by: up to {@link BEFORE_BYTES} in
   * front and {@link AFTER_BYTES} behind its first byte. Begins with the token where it is sticky (`y`). Linear in the length of
   * its input.
   */
  readonly banner: RegExp | ((name: string) => RegExp);
  /** Makes the version of the groups of the banner, where it is not the one called `version`. */
  readonly versionOf?: (groups: Readonly<Record<string, string | undefined>>) => string;
  /** Texts that have to stand somewhere in the same file, eight bytes and more each. */
  readonly also?: readonly string[];
  /**
   * Whether all banners of a file have to tell the same version, and tell none where they do not: where nothing beside a
   * version says whose it is. The first one counts where absent.
   */
  readonly agreeing?: boolean;
}

export const BEFORE_BYTES = 96;
export const AFTER_BYTES = 192;
