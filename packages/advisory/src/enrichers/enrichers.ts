import type { Enricher } from "../providers/source-reader.ts";
import { eol } from "./eol/eol.ts";
import { epss } from "./epss/epss.ts";
import { kev } from "./kev/kev.ts";
import { redhatRepositories } from "./redhat-repositories/redhat-repositories.ts";

// Sorted by name. A test fails when a folder beside this file is missing here.
export const enrichers: readonly Enricher[] = [eol, epss, kev, redhatRepositories];
