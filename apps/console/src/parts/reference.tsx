import { Fragment } from "react";
import { shortReference } from "../text/short-reference.ts";

/**
 * The name of an image; what is left out of a long one shows on hover, and on the page of the image. Where it has to be
 * broken, it is after a slash.
 */
export function Reference({ text }: { readonly text: string }) {
  return (
    <span className="reference" title={text}>
      {[...shortReference(text).matchAll(/[^/]*\/|[^/]+/gu)].map(({ index, 0: part }) => (
        <Fragment key={index}>
          {part}
          <wbr />
        </Fragment>
      ))}
    </span>
  );
}
