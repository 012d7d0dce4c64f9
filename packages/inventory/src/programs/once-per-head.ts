/**
 * Makes a question about the first bytes of a program one that is answered once: several inspectors ask it of the same
 * view of them, which must not change meanwhile.
 */
export function oncePerHead<Answer>(ask: (head: Uint8Array) => Answer): (head: Uint8Array) => Answer {
  const known = new WeakMap<Uint8Array, { readonly answer: Answer }>();
  return (head) => {
    const found = known.get(head);
    if (found !== undefined) return found.answer;
    const answer = ask(head);
    known.set(head, { answer });
    return answer;
  };
}
