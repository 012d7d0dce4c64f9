import { ClipboardCopy } from "@patternfly/react-core";

/** A command to copy. */
export function Command({
  children,
  label = "Command",
}: {
  readonly children: string;
  readonly label?: string;
}) {
  return (
    <ClipboardCopy
      isReadOnly
      isCode
      hoverTip="Copy"
      clickTip="Copied"
      textAriaLabel={label}
      className="command"
    >
      {children}
    </ClipboardCopy>
  );
}
