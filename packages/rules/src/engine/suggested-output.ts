import type { OutputPart } from "../output/parse-output.ts";

/** What Falco's container plugin has every output say, and by which word. */
const suggested = [
  ["container_id", "container.id"],
  ["container_name", "container.name"],
  ["container_image_repository", "container.image.repository"],
  ["container_image_tag", "container.image.tag"],
] as const;

/** What is put to the end of an output: the fields that tell the container, where it does not have them itself. */
export function suggestedOutput(output: readonly OutputPart[]): readonly OutputPart[] {
  const named = new Set(output.map((part) => (part.kind === "text" ? "" : part.name)));
  return suggested.flatMap(([word, name]): readonly OutputPart[] =>
    named.has(name)
      ? []
      : [
          { kind: "text", text: ` ${word}=` },
          { kind: "term", name, term: { kind: "field", name, argument: undefined } },
        ],
  );
}
