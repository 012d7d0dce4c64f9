import type { ImageSource } from "./source.ts";

/** The sources that need nothing from outside, sorted by name. */
export const sources: readonly ImageSource[] = [];
