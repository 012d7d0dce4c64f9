/** What a number of a part of the installation is called, and the unit that is said after it. */
export interface HealthTerm {
  readonly term: string;
  readonly unit: string;
}

/** How names end that tell a unit, and what people read in its place. */
const units = [
  ["Ms", "ms"],
  ["Seconds", "s"],
  ["Bytes", "bytes"],
  ["DaysLeft", "days left"],
] as const;

/** `pingMs`: `Ping`, in ms; `oldestAgeSeconds`: `Oldest age`, in s; `keys.agents`: `Keys: agents`. */
export function healthTermOf(key: string): HealthTerm {
  for (const [end, unit] of units) {
    if (key.length > end.length && key.endsWith(end)) {
      return { term: wordsOf(key.slice(0, -end.length)), unit };
    }
  }
  return { term: wordsOf(key), unit: "" };
}

function wordsOf(key: string): string {
  const spaced = key.replaceAll(/[A-Z]/gu, (letter) => ` ${letter.toLowerCase()}`);
  const words = spaced.replaceAll("_", " ").replace(".", ": ");
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
