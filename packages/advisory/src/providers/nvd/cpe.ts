/** A name of a product in NVD's dictionary, as far as it is read (CPE 2.3, NISTIR 7695, 6.2, formatted strings). */
export interface ProductName {
  /** `a` of an application, `o` of an operating system, `h` of hardware. */
  readonly part: string;
  /** `vendor:product`. */
  readonly product: string;
  /** `*` for any, `-` for none. */
  readonly version: string;
  readonly update: string;
  readonly softwareEdition: string;
  readonly targetSoftware: string;
}

const MAX_LENGTH = 2048;

/** Reads a formatted string; undefined where it is none. What is quoted in it stands for itself. */
export function parseCpe(text: string): ProductName | undefined {
  if (!text.startsWith("cpe:2.3:") || text.length > MAX_LENGTH) return undefined;
  const fields = text.match(/(?:\\.|[^:\\])+/gu)?.map((field) => field.replace(/\\(.)/gu, "$1")) ?? [];
  const [, , part = "", vendor = "", product = "", version = "", update = "", , , edition = "", target = ""] =
    fields;
  if (fields.length !== 13) return undefined;
  return {
    part,
    product: `${vendor}:${product}`.toLowerCase(),
    version,
    update,
    softwareEdition: edition,
    targetSoftware: target,
  };
}
