import { fieldTable } from "./sensor-fields.ts";

const families: readonly (readonly [prefix: RegExp, title: string, about: string])[] = [
  [/^(?:evt|syscall)\./u, "The event", "What happened, when, and what came of it."],
  [
    /^proc\./u,
    "The process",
    "Without an index, `proc.a…` fields are about any ancestor; `[0]` is the process itself, `[1]` its parent.",
  ],
  [/^thread\./u, "The thread", ""],
  [
    /^fd\./u,
    "The descriptor",
    "Absent where the event is about no descriptor. Paths are absolute and cleaned by their text; links are not followed. Addresses of version 4 that are mapped into version 6 are those of version 4.",
  ],
  [/^fs\.path\./u, "Paths of calls that need no descriptor", ""],
  [/^user\./u, "The user", "Names come from the container's own accounts."],
  [/^group\./u, "The group", ""],
  [
    /^container\./u,
    "The container",
    "Known before its first program runs. For processes of the host only `container.id` and its like are there: `host`.",
  ],
  [/^k8s\./u, "Kubernetes", "What the runtime's labels tell; absent without an orchestrator."],
  [/^pratique\./u, "What Falco has no field for", ""],
];

/** `docs/reference/rule-fields.md`. */
export function fieldReference(): string {
  const sections = families.flatMap(([prefix, title, about]) => [
    `## ${title}`,
    ...(about === "" ? [] : [about]),
    ["| field | type | meaning |", "|---|---|---|", ...rowsOf(prefix)].join("\n"),
  ]);
  return `${[...head, ...sections].join("\n\n")}\n`;
}

const head: readonly string[] = [
  "# Fields of rules",
  "Every field that conditions and outputs of rules can name, made from the sensor's own table. Types: `string`, `number`, `boolean`, `bytes`, `address`, `network`; `list` where there are several values, of which a comparison asks for any. Times and durations are nanoseconds. A field without a value makes every comparison false, `!=` included.",
  "`[n]` stands for a number, `[x]` for a name, `[n or x]` for either; where the brackets are in parentheses, the field can also be named without. Names may follow a dot, too: `evt.arg.flags`.",
];

function rowsOf(prefix: RegExp): readonly string[] {
  return Object.entries(fieldTable)
    .filter(([name]) => prefix.test(name))
    .map(([name, { type, isList, meaning, read, readWith }]) => {
      const argument = readWith === undefined ? "" : argumentOf(readWith);
      const shown = argument === "" ? "" : read === undefined ? argument : `(${argument})`;
      return `| \`${name}\`${shown} | ${type}${isList ? " list" : ""} | ${meaning} |`;
    });
}

function argumentOf(readWith: (argument: string) => unknown): string {
  const takesNumbers = readWith("0") !== undefined;
  const takesNames = readWith("x") !== undefined;
  return takesNumbers && takesNames ? "[n or x]" : takesNames ? "[x]" : "[n]";
}
