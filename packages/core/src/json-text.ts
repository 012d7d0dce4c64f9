const texts = new WeakMap<object, string>();

/**
 * The JSON text of what does not change any more, such as the data of a record: written once, so that what a hash was
 * compared with is what is stored.
 */
export function jsonTextOf(value: object): string {
  const text = texts.get(value) ?? JSON.stringify(value);
  texts.set(value, text);
  return text;
}
