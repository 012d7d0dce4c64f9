/**
 * Why a layer is not read by its table of contents. It never leaves this folder: the layer is then read whole, and held
 * against its digests.
 */
export class TocUnusable extends Error {
  override readonly name = "TocUnusable";
}
