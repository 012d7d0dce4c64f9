export type { CatalogOptions } from "./catalog.ts";
export { catalog } from "./catalog.ts";
export type { CatalogContext, Cataloger, CatalogResult, OwnerLookup, OwnerResult } from "./cataloger.ts";
export { CATALOGER_REVISION } from "./cataloger-revision.ts";
export { catalogers } from "./catalogers/catalogers.ts";
export type { Inventory } from "./inventory.ts";
export { wantedPatterns } from "./wanted-patterns.ts";
