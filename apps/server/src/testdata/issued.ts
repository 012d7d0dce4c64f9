import { z } from "zod";
import type { Reply } from "./call.ts";

const issued = z.object({ certificate: z.string(), authorities: z.string() });

/** The certificates in a reply; empty where it is a refusal. */
export function issuedOf({ json }: Reply): z.output<typeof issued> {
  return issued.safeParse(json).data ?? { certificate: "", authorities: "" };
}
