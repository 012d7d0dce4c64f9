/** The value below which this part of the samples lies; 0.5 is the median. */
export function quantile(samples: readonly number[], part: number): number {
  const sorted = samples.toSorted((left, right) => left - right);
  const position = (sorted.length - 1) * part;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** `median (least–most)`, with a unit. */
export function spread(samples: readonly number[], unit: string, digits = 0): string {
  const [least, middle, most] = [0, 0.5, 1].map((part) => quantile(samples, part).toFixed(digits));
  return `${middle} ${unit} (${least}–${most})`;
}
