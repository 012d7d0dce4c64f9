/** A name on one line: what is too long shows on hover. */
export function Name({ text }: { readonly text: string }) {
  return (
    <span className="name" title={text}>
      {text}
    </span>
  );
}
