import "./access/access.css";
import { Fact } from "./facts.tsx";
import { RelativeTime } from "./relative-time.tsx";

interface JsonFactsProps {
  readonly values: Readonly<Record<string, unknown>>;
  /** Times as people say them; the record shows what it holds. */
  readonly relativeTimes?: boolean;
}

/** The members of a record as terms and values, for a list of facts. Nested ones are shown as JSON. */
export function JsonFacts({ values, relativeTimes = false }: JsonFactsProps) {
  return Object.entries(values).map(([name, value]) =>
    relativeTimes && isTime(value) ? (
      // `Expires: in 7 days`, not `Expires at`.
      <Fact key={name} term={wordsOf(name).replace(/ at$/u, "")}>
        <RelativeTime time={value} />
      </Fact>
    ) : (
      <Fact key={name} term={wordsOf(name)}>
        <Value value={value} />
      </Fact>
    ),
  );
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

/** ISO 8601, UTC, as the API writes times. */
function isTime(value: unknown): value is string {
  return (
    typeof value === "string" &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/u.test(value) &&
    !Number.isNaN(Date.parse(value))
  );
}

function isPlain(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

/** `expiresAt`: `Expires at`. */
function wordsOf(name: string): string {
  const words = name.replaceAll(/[A-Z]/gu, (letter) => ` ${letter.toLowerCase()}`);
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
