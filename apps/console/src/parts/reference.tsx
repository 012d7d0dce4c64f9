import { shortReference } from "../text/short-reference.ts";

/** The name of an image; what is left out of a long one shows on hover, and on the page of the image. */
export function Reference({ text }: { readonly text: string }) {
  return (
    <span className="reference" title={text}>
      {shortReference(text)}
    </span>
  );
}
