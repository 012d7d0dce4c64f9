/** What a file looks like before its content is inspected. */
export interface InspectedFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Looks at texts while they pass, in every layer and whatever their names are, and keeps a little of some.
 *
 * A file was written by an attacker: an inspector throws nothing for what it meets, takes linear time and bounded
 * memory, and keeps a bounded excerpt. The same bytes give the same excerpt, in pieces of whatever size they come.
 */
export interface TextInspector {
  /** Raised when the same file gives another excerpt: what was kept by another one counts no more. */
  readonly revision: number;
  /** Longer files are not looked at. */
  readonly maxBytes: number;
  /** Whether a file may be worth a look by its last name alone, so that nothing need be asked about the others. */
  wantsName(name: string): boolean;
  inspect(file: InspectedFile): TextInspection;
  /** Whether an excerpt is in the form of those that it makes: one that was kept was perhaps written by somebody else. */
  accepts(excerpt: Uint8Array): boolean;
}

/** The inspection of one file. */
export interface TextInspection {
  /** False once no more of the file has to be seen, as when it turns out to be no text. */
  readonly wantsMore: boolean;
  /** The next piece; pieces come in order and without gaps. Valid only during the call. */
  write(bytes: Uint8Array): void;
  /** What is to be kept, when all has been given; undefined for nothing. */
  finish(): Uint8Array | undefined;
}

/** What an inspector has kept of one text in one layer. */
export interface TextExcerpt {
  /** As the layer calls it. */
  readonly path: string;
  /** Counted from 0 for the lowest layer. */
  readonly position: number;
  /** Whether a process in a container of the image can read it; false where an upper layer took it away. */
  readonly isLeft: boolean;
  readonly excerpt: Uint8Array;
}
