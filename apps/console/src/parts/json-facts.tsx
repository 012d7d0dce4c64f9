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
  if (typeof value === "string") return <span className="break pre">{value === "" ? "empty" : value}</span>;
  if (isTexts(value)) return <span className="break">{value.length === 0 ? "none" : value.join(", ")}</span>;
  if (typeof value !== "object" || value === null) return <>{String(value)}</>;
  const entries = Object.entries(value);
  if (entries.length === 0) return <span className="subtle">{"{}"}</span>;
  if (!entries.every(([, inner]) => isPlain(inner) || isTexts(inner))) {
    return <code className="break pre">{JSON.stringify(value, null, 2)}</code>;
  }
  return entries.map(([name, inner]) => (
    <div key={name} className="break">
      {`${name}: ${isTexts(inner) ? inner.join(", ") : String(inner)}`}
    </div>
  ));
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isPlain(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

/** `expiresAt`: `Expires at`. */
function wordsOf(name: string): string {
  const words = name.replaceAll(/[A-Z]/gu, (letter) => ` ${letter.toLowerCase()}`);
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
