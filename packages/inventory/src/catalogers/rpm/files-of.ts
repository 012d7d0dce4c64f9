import type { Header } from "./header.ts";

/** rpm, rpmtag.h: the last names of all files, the directories, and for each name which of them. */
const DIRECTORY_INDEXES = 1116;
const BASENAMES = 1117;
const DIRECTORIES = 1118;

/**
 * The files of a package, directories among them, without their leading slash; undefined in the place of one whose directory
 * the header does not tell. With `isWanted`, those whose last names it takes, in the same order.
 */
export function* filesOf(
  header: Header,
  isWanted: (name: string) => boolean = () => true,
): Iterable<string | undefined> {
  const indexes = header.numbers(DIRECTORY_INDEXES);
  const directories = [...header.texts(DIRECTORIES)];
  let number = 0;
  for (const name of header.texts(BASENAMES)) {
    const directory = directories[indexes[number] ?? -1];
    number += 1;
    if (isWanted(name)) yield directory === undefined ? undefined : `${directory}${name}`.replace(/^\//u, "");
  }
}
