import "./access.css";
import { Fact } from "./facts.tsx";

/** The members of a record as terms and values, for a list of facts. Nested ones are shown as JSON. */
export function JsonFacts({ values }: { readonly values: Readonly<Record<string, unknown>> }) {
  return Object.entries(values).map(([name, value]) => (
    <Fact key={name} term={wordsOf(name)}>
      <Value value={value} />
    </Fact>
  ));
}

function Value({ value }: { readonly value: unknown }) {
  if (typeof value === "string") return <span className="break">{value === "" ? "empty" : value}</span>;
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) {
    return <span className="break">{value.join(", ")}</span>;
  }
  if (typeof value === "object" && value !== null) {
    return <code className="break pre">{JSON.stringify(value, null, 2)}</code>;
  }
  return <>{String(value)}</>;
}

/** `expiresAt`: `Expires at`. */
function wordsOf(name: string): string {
  const words = name.replaceAll(/[A-Z]/gu, (letter) => ` ${letter.toLowerCase()}`);
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
