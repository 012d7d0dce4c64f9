/** A message as a sentence of its own: it begins with a capital. */
export function sentence(message: string): string {
  return message.slice(0, 1).toUpperCase() + message.slice(1);
}
