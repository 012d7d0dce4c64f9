/** What a record of a response tells, in words: `response.release-failed` is `Release failed`. */
export function responseEventWords(event: string): string {
  const words = event.replace(/^response\./u, "").replaceAll("-", " ");
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
