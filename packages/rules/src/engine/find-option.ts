/** An option as it stands among the arguments of a program. */
interface FoundOption {
  /** Undefined for a letter that is no option of the program. */
  readonly name: string | undefined;
  /** What stands with an option that takes a value, empty where that is missing; undefined for one that takes none. */
  readonly value: string | undefined;
}

/** All options as a list: each letter, its value after it; `?` for one that is none, nothing but "" for a missing value. */
export function listOptions(words: readonly string[], letters: string): readonly string[] {
  return optionsIn(words, letters).flatMap(({ name, value }) => {
    if (name === undefined) return ["?"];
    if (value === undefined) return [name];
    return value === "" ? [""] : [name, value];
  });
}

/** The last value of one option, or its letter where it takes none; undefined where it is not given. */
export function findOption(words: readonly string[], letters: string, wanted: string): string | undefined {
  const option = optionsIn(words, letters).findLast(({ name }) => name === wanted);
  return option && (option.value ?? option.name);
}

/**
 * Finds short options the way getopt(3) does: up to `--`, or the first argument that is no option; letters may share
 * an argument, and a value may stand with its letter or in the next argument. Long options are passed over.
 */
function optionsIn(words: readonly string[], letters: string): readonly FoundOption[] {
  const found: FoundOption[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "--" || !/^-./su.test(word)) break;
    if (word.startsWith("--")) continue;
    const cluster = readCluster(word, letters);
    const last = cluster.at(-1);
    const takesNext = last?.value === "";
    found.push(...(takesNext ? cluster.slice(0, -1) : cluster));
    if (!takesNext) continue;
    at += 1;
    found.push({ name: last.name, value: words[at] ?? "" });
  }
  return found;
}

/** The letters of one argument; the last one has an empty value where it takes the next argument. */
function readCluster(word: string, letters: string): readonly FoundOption[] {
  const found: FoundOption[] = [];
  for (let at = 1; at < word.length; at += 1) {
    const name = word.charAt(at);
    const place = name === ":" ? -1 : letters.indexOf(name);
    if (place < 0) found.push({ name: undefined, value: undefined });
    else if (letters.charAt(place + 1) === ":") {
      found.push({ name, value: word.slice(at + 1) });
      break;
    } else found.push({ name, value: undefined });
  }
  return found;
}
