import { ClipboardCopy } from "@patternfly/react-core";

/** A command, whole, with a button that copies it. */
export function Command({ children }: { readonly children: string }) {
  return (
    <ClipboardCopy isReadOnly isCode variant="inline-compact" hoverTip="Copy" clickTip="Copied">
      {children}
    </ClipboardCopy>
  );
}
