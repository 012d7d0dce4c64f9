import { ClipboardCopy } from "@patternfly/react-core";
import { Alert } from "../alert.tsx";
import { RelativeTime } from "../relative-time.tsx";

interface OneTimeLinkProps {
  readonly login: string;
  readonly link: { readonly url: string; readonly expiresAt: string };
}

/** A link with which the owner of an account sets a password: shown this once. */
export function OneTimeLink({ login, link: { url, expiresAt } }: OneTimeLinkProps) {
  return (
    <div className="panel">
      <Alert
        isInline
        variant="warning"
        title={`Give this link to ${login}, and to nobody else: whoever opens it first is ${login}`}
      >
        It works once, until <RelativeTime time={expiresAt} />, and is not shown again.
      </Alert>
      <ClipboardCopy isReadOnly hoverTip="Copy" clickTip="Copied" textAriaLabel="The link">
        {url}
      </ClipboardCopy>
    </div>
  );
}
