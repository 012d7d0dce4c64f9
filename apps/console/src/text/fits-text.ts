/** Tells whether one of the values holds what was typed, case ignored. */
export function fitsText(typed: string, values: readonly (string | undefined)[]): boolean {
  const sought = typed.trim().toLowerCase();
  return values.some((value) => value?.toLowerCase().includes(sought));
}
