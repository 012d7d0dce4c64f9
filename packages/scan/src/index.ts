export type { CachedInventory, InventoryCache } from "./inventory-cache.ts";
export { FileInventoryCache } from "./inventory-cache.ts";
export type { KnownBase, ScanDependencies, ScanOptions } from "./scan-image.ts";
export { scanImage } from "./scan-image.ts";
export type { ScanSbomDependencies } from "./scan-sbom.ts";
export { scanSbom } from "./scan-sbom.ts";
