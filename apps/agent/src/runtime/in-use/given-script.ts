/** What a process executes, and what it was executed with. */
export interface Execution {
  /** The program, from the root of the process, and the name that it was called by. */
  readonly exePath: string;
  readonly exe: string;
  readonly args: readonly string[];
  /** Where it was executed. */
  readonly directory: string;
}

/** How an interpreter reads its command line, up to the file that it is to execute. */
interface Grammar {
  /** Letters that take what follows in the word as their value, or else the next word. */
  readonly valued: string;
  /** Letters that take what follows in the word, if anything does. */
  readonly attached: string;
  /** Letters that say that no file is executed: the program follows, or the name of a module. */
  readonly ending: string;
  /** The letter whose value is the file. */
  readonly naming?: string;
  /** The same of long options whose value is the next word; those with `=` have it in theirs. */
  readonly longValued: ReadonlySet<string>;
  readonly longEnding: ReadonlySet<string>;
  readonly longNaming?: string;
  /** A lone hyphen is the standard input to most; to a shell it ends the options. */
  readonly isHyphenEnd: boolean;
  /** What is tried in turn behind the name that was given. */
  readonly endings: readonly string[];
}

const NONE: ReadonlySet<string> = new Set();
const plain = { longValued: NONE, longEnding: NONE, isHyphenEnd: false, endings: [""] } as const;

/** The manuals of bash(1) and dash(1), which other shells keep to. */
const shell: Grammar = {
  ...plain,
  valued: "oO",
  attached: "",
  ending: "cs",
  longValued: new Set(["rcfile", "init-file"]),
  isHyphenEnd: true,
};

/** By the names of programs without their versions. */
const grammars: Readonly<Record<string, Grammar>> = {
  ...Object.fromEntries(
    ["sh", "ash", "bash", "dash", "hush", "ksh", "mksh", "yash", "zsh"].map((name) => [name, shell]),
  ),
  lua: { ...plain, valued: "el", attached: "W", ending: "" },
  luajit: { ...plain, valued: "el", attached: "jO", ending: "b" },
  node: {
    ...plain,
    valued: "rC",
    attached: "",
    ending: "ep",
    longValued: new Set(
      [
        "conditions cpu-prof-dir cpu-prof-interval cpu-prof-name diagnostic-dir disable-proto disable-warning",
        "dns-result-order env-file env-file-if-exists experimental-default-type experimental-loader heap-prof-dir",
        "heap-prof-name icu-data-dir import input-type loader localstorage-file max-http-header-size",
        "openssl-config redirect-warnings report-dir report-directory report-filename report-signal require",
        "stack-trace-limit title trace-event-categories unhandled-rejections watch-path",
      ].flatMap((names) => names.split(" ")),
    ),
    longEnding: new Set(["eval", "print", "run"]),
    endings: ["", ".js", "/index.js"],
  },
  perl: { ...plain, valued: "I", attached: "CDFMVimx", ending: "eES" },
  php: {
    ...plain,
    valued: "FSctdz",
    attached: "",
    ending: "BERar",
    naming: "f",
    longValued: new Set(["define", "docroot", "php-ini", "process-file", "server", "zend-extension"]),
    longEnding: new Set(["interactive", "process-begin", "process-code", "process-end", "run"]),
    longNaming: "file",
  },
  python: {
    ...plain,
    valued: "WX",
    attached: "",
    ending: "cm",
    longValued: new Set(["check-hash-based-pycs"]),
    endings: ["", "/__main__.py"],
  },
  ruby: {
    ...plain,
    valued: "EIr",
    attached: "FKTWix",
    // Elsewhere: they change the directory, or look for the file where commands lie.
    ending: "CSXe",
    longValued: new Set(["disable", "dump", "enable", "encoding", "external-encoding", "internal-encoding"]),
  },
};

/** Other names of the same. */
const aliases: Readonly<Record<string, string>> = { nodejs: "node", "php-cgi": "php", pypy: "python" };

/** What the launcher of Java takes the next word for; `-jar` names the file (its manual, "Overview of Java options"). */
const JAVA_VALUED: ReadonlySet<string> = new Set(
  [
    "-classpath -cp --class-path -p --module-path --upgrade-module-path --add-modules --add-exports --add-opens",
    "--add-reads --enable-native-access --limit-modules --patch-module --source",
  ].flatMap((names) => names.split(" ")),
);

/**
 * The file that an interpreter was given to execute, as absolute paths of which the first that is there is meant; empty where
 * it was given none, and where the program is no interpreter that is known. It tells what the command line says, and nothing
 * of what the interpreter would find by itself: the file of a module (`python -m`), or one that it looks for among commands.
 */
export function givenScript(execution: Execution): readonly string[] {
  const { directory } = execution;
  const { name, args } = interpreterOf(execution);
  if (name === "java") return below(directory, archiveOf(args), [""]);
  const grammar = grammars[aliases[name] ?? name];
  return grammar === undefined ? [] : below(directory, fileOf(args, grammar), grammar.endings);
}

/** What a program of many is called by is the one that it is. */
function interpreterOf({ exePath, exe, args }: Execution): {
  readonly name: string;
  readonly args: readonly string[];
} {
  const name = baseName(exePath);
  if (name !== "busybox" && name !== "toybox") return { name: withoutVersion(name), args };
  // A shell that somebody logs in with has a hyphen before its name.
  const applet = baseName(exe).replace(/^-/u, "");
  const [first = "", ...others] = args;
  return applet === name ? { name: first, args: others } : { name: applet, args };
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** `python3.11`, `perl5.36.0`, `php8.2`, `php-cgi8.2`, `ksh93`. */
function withoutVersion(name: string): string {
  return name.replace(/(?<![-\d.])[-\d.]+$/u, "");
}

function fileOf(args: readonly string[], grammar: Grammar): string | undefined {
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? "";
    if (word === "--") return args[at + 1];
    if (word === "-") return grammar.isHyphenEnd ? args[at + 1] : undefined;
    const isOption = word.startsWith("-") || (grammar === shell && word.startsWith("+"));
    if (!isOption) return word;
    const read = word.startsWith("--") ? readLong(word, grammar) : readLetters(word, grammar);
    if (read === "ends") return undefined;
    if (typeof read === "object") return read.file;
    if (read === "next names it") return args[at + 1];
    if (read === "takes next") at += 1;
  }
  return undefined;
}

type Read = "ends" | "next names it" | "takes next" | "is alone" | { readonly file: string };

function readLong(word: string, { longValued, longEnding, longNaming }: Grammar): Read {
  const [, name = "", value] = /^--([^=]*)(?:=(.*))?$/su.exec(word) ?? [];
  const option = name.replaceAll("_", "-");
  if (longEnding.has(option)) return "ends";
  if (option === longNaming) return value === undefined ? "next names it" : { file: value };
  return longValued.has(option) && value === undefined ? "takes next" : "is alone";
}

function readLetters(word: string, { valued, attached, ending, naming }: Grammar): Read {
  for (let at = 1; at < word.length; at += 1) {
    const letter = word.charAt(at);
    const rest = word.slice(at + 1);
    if (ending.includes(letter)) return "ends";
    if (letter === naming) return rest === "" ? "next names it" : { file: rest };
    if (valued.includes(letter)) return rest === "" ? "takes next" : "is alone";
    if (attached.includes(letter)) return "is alone";
  }
  return "is alone";
}

function archiveOf(args: readonly string[]): string | undefined {
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? "";
    if (word === "-jar") return args[at + 1];
    if (JAVA_VALUED.has(word)) at += 1;
    // The name of a class.
    else if (!word.startsWith("-") && !word.startsWith("@")) return undefined;
  }
  return undefined;
}

function below(directory: string, file: string | undefined, endings: readonly string[]): readonly string[] {
  if (file === undefined || file === "") return [];
  if (file.startsWith("/")) return endings.map((ending) => `${file}${ending}`);
  // Where it is not known there is nothing that the name is below.
  return directory.startsWith("/") ? endings.map((ending) => `${directory}/${file}${ending}`) : [];
}
