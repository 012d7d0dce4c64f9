import { Label } from "@patternfly/react-core";
import { ExclamationCircleIcon } from "@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon.js";
import { listingWords } from "../../text/listing-words.ts";

interface ListedLabelProps {
  readonly listed: { readonly value: string; readonly source: string };
  /** What the peer is called beside it. */
  readonly called: string;
}

/** A peer of bad repute, and who says so. */
export function ListedLabel({ listed, called }: ListedLabelProps) {
  return (
    <Label isCompact color="red" icon={<ExclamationCircleIcon />}>
      {listingWords(listed, called)}
    </Label>
  );
}
