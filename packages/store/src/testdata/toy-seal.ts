import { createHash } from "node:crypto";
import type { Opening } from "@pratique/audit";
import type { OpeningSeal } from "../audit/opening-repository.ts";

/** Seals openings so that tests see through it: hexadecimal, and a mark that anybody can compute. */
export const toySeal: OpeningSeal = {
  seal: async (id, opening) => ({
    sealed: Buffer.from(JSON.stringify([id, opening])).toString("hex"),
    mark: toyMark(opening.value),
  }),
  open: async ({ id, content }) => {
    if ("unsealed" in content) return [content.unsealed];
    const [sealedFor, opening]: [string, Opening] = JSON.parse(Buffer.from(content.sealed, "hex").toString());
    return sealedFor === id ? [opening] : [];
  },
};

export function toyMark(value: string): string {
  return createHash("sha256").update(value).digest("hex");
}
