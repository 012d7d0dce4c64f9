import { StoreError } from "../errors.ts";

const NUMBER_BYTES = 4;

/** Writes the packages of an image by their numbers, sorted; one that lies in several places is there as often. */
export function packPackages(numbers: readonly number[]): Uint8Array {
  const sorted = numbers.toSorted((left, right) => left - right);
  const bytes = new Uint8Array(sorted.length * NUMBER_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [place, number] of sorted.entries()) view.setUint32(place * NUMBER_BYTES, number, true);
  return bytes;
}

/** Reads what {@link packPackages} wrote. Throws `STORE_CORRUPT`. */
export function unpackPackages(bytes: Uint8Array): Uint32Array {
  if (bytes.byteLength % NUMBER_BYTES !== 0) {
    throw new StoreError("STORE_CORRUPT", "the packed packages of an image are malformed");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const numbers = new Uint32Array(bytes.byteLength / NUMBER_BYTES);
  for (let place = 0; place < numbers.length; place += 1) {
    numbers[place] = view.getUint32(place * NUMBER_BYTES, true);
  }
  return numbers;
}
