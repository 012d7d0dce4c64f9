export type { FileTreeOptions, TreeItem, TreeItems } from "./file-tree.ts";
export { fileTreeOf, fileTreeOfLayers, layerDigest } from "./file-tree.ts";
export type { FixedClock } from "./fixed-clock.ts";
export { fixedClock } from "./fixed-clock.ts";
export { matchesPattern } from "./matches-pattern.ts";
export type { TempDirectory } from "./temp-directory.ts";
export { tempDirectory } from "./temp-directory.ts";
