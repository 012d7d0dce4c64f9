import { quantile } from "./statistics.ts";

const RESAMPLES = 2000;

/** An estimate, and the interval that holds it with 95 % confidence. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Estimates something from blocks of samples. The interval is the percentile bootstrap over whole blocks, since
 * samples of one block share the machine's mood and are not independent (Efron and Tibshirani, chapters 8 and 13).
 */
export function bootstrap<Block>(
  blocks: readonly Block[],
  estimate: (blocks: readonly Block[]) => number,
  random: () => number,
): Estimate {
  const resampled = Array.from({ length: RESAMPLES }, () => estimate(drawAsMany(blocks, random)));
  return {
    value: estimate(blocks),
    low: quantile(resampled, 0.025),
    high: quantile(resampled, 0.975),
  };
}

function drawAsMany<Block>(blocks: readonly Block[], random: () => number): readonly Block[] {
  return blocks.flatMap(() => blocks[Math.floor(random() * blocks.length)] ?? []);
}

/** `1.2 ms [0.8, 1.9]`. */
export function showEstimate({ value, low, high }: Estimate, digits = 1): string {
  return `${value.toFixed(digits)} ms [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}
