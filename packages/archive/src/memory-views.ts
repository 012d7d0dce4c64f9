/**
 * Other views of the memory that bytes lie in. Headers and names of an archive lie in few pieces of memory, one after another: a
 * view for each of them would be an object for each file.
 */

const buffers = new WeakMap<ArrayBufferLike, Buffer>();
const words = new WeakMap<ArrayBufferLike, Int32Array>();

/** All of the memory as a buffer of Node's, which makes texts. */
export function bufferOver(memory: ArrayBufferLike): Buffer {
  const known = buffers.get(memory);
  if (known !== undefined) return known;
  const buffer = Buffer.from(memory);
  buffers.set(memory, buffer);
  return buffer;
}

/** The memory in words of 32 bits, but for what is left at its end. */
export function wordsOver(memory: ArrayBufferLike): Int32Array {
  const known = words.get(memory);
  if (known !== undefined) return known;
  const view = new Int32Array(memory, 0, Math.floor(memory.byteLength / Int32Array.BYTES_PER_ELEMENT));
  words.set(memory, view);
  return view;
}
