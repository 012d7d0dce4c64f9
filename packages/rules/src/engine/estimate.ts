import type { Check, Operator } from "../condition/expression.ts";

/** What it takes to ask a question, in made-up units, and how often the answer is yes. Orders questions, no more. */
export interface Estimate {
  readonly cost: number;
  readonly chance: number;
}

export function estimateCheck(check: Check): Estimate {
  const { left, operator, right } = check;
  const name = left.kind === "field" ? left.name : "";
  const reading = left.kind === "transformer" || right?.kind === "value" ? 6 : readingCost(name);
  const compared = operatorEstimates[operator];
  return { cost: reading + compared.cost, chance: chanceOf(name, check) ?? compared.chance };
}

export function estimateNot({ cost, chance }: Estimate): Estimate {
  return { cost: cost + 1, chance: 1 - chance };
}

export function estimateJunction(kind: "and" | "or", parts: readonly Estimate[]): Estimate {
  let [cost, continues] = [1, 1];
  for (const part of parts) {
    cost += part.cost * continues;
    continues *= kind === "and" ? part.chance : 1 - part.chance;
  }
  return { cost, chance: kind === "and" ? continues : 1 - continues };
}

/** The lower, the earlier a part is worth asking: what costs little, and what settles the matter. */
export function rankIn(kind: "and" | "or", { cost, chance }: Estimate): number {
  const settles = kind === "and" ? 1 - chance : chance;
  return cost / Math.max(0.001, settles);
}

const operatorEstimates: Readonly<Record<Operator, Estimate>> = {
  exists: { cost: 1, chance: 0.9 },
  "=": { cost: 1, chance: 0.05 },
  "!=": { cost: 1, chance: 0.9 },
  "<": { cost: 1, chance: 0.3 },
  "<=": { cost: 1, chance: 0.3 },
  ">": { cost: 1, chance: 0.7 },
  ">=": { cost: 1, chance: 0.7 },
  in: { cost: 2, chance: 0.1 },
  intersects: { cost: 2, chance: 0.1 },
  startswith: { cost: 2, chance: 0.1 },
  endswith: { cost: 2, chance: 0.05 },
  bstartswith: { cost: 2, chance: 0.05 },
  contains: { cost: 5, chance: 0.05 },
  icontains: { cost: 12, chance: 0.05 },
  bcontains: { cost: 12, chance: 0.05 },
  glob: { cost: 12, chance: 0.05 },
  iglob: { cost: 16, chance: 0.05 },
  pmatch: { cost: 14, chance: 0.1 },
  regex: { cost: 40, chance: 0.05 },
};

/** Fields that hold the same for most events. */
const usual: ReadonlyMap<string, number> = new Map([
  ["evt.is_open_write", 0.15],
  ["evt.is_open_read", 0.8],
  ["fd.typechar", 0.8],
  ["fd.type", 0.8],
  ["fd.num", 0.9],
  ["evt.rawres", 0.9],
  ["fd.connected", 0.9],
  ["fd.l4proto", 0.7],
  ["container.id", 0.3],
]);

function chanceOf(name: string, { operator }: Check): number | undefined {
  const chance = usual.get(name);
  if (chance === undefined) return undefined;
  if (operator === "!=") return 1 - chance;
  return operator === "<" || (operator === "=" && name === "fd.num") ? 0.1 : chance;
}

/** Ancestors are walked, command lines and arguments put together. */
function readingCost(name: string): number {
  if (/^proc\.(?:a[a-z]+|p?cmdline|exeline|env|sname|sid\..*|v?pgid\..*)$/u.test(name)) return 6;
  return /^(?:evt\.arg|container\.mount)/u.test(name) ? 4 : 1;
}
