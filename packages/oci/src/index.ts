export type { OciErrorCode } from "./errors.ts";
export { OciError } from "./errors.ts";
export type { ReadLimits } from "./read-limits.ts";
export { defaultReadLimits } from "./read-limits.ts";
export type {
  ImageFacts,
  ImageSource,
  ImageTree,
  LayerFacts,
  OpenedImage,
  OpenOptions,
  ReadOptions,
  ReadProgress,
} from "./source.ts";
