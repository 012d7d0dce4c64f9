import { ClipboardCopyButton } from "@patternfly/react-core";
import { useId, useState } from "react";

/** A command, whole, with a button that copies it. It breaks between words only, so that it can be read. */
export function Command({ children }: { readonly children: string }) {
  const id = useId();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(children);
    setCopied(true);
  };
  return (
    <span className="command">
      <code>
        {wordsOf(children).map(({ word, at }) => (
          <span key={at}>
            <span className="command-word">{word}</span>{" "}
          </span>
        ))}
      </code>
      <ClipboardCopyButton
        id={id}
        variant="plain"
        hasNoPadding
        aria-label="Copy the command"
        onClick={() => void copy()}
        onTooltipHidden={() => setCopied(false)}
      >
        {copied ? "Copied" : "Copy"}
      </ClipboardCopyButton>
    </span>
  );
}

function wordsOf(command: string): readonly { readonly word: string; readonly at: number }[] {
  return [...command.matchAll(/\S+/gu)].map((match) => ({ word: match[0], at: match.index }));
}
