import { AlertActionLink, Button } from "@patternfly/react-core";
import type { showPolicy, showRuleFile } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { readQuery } from "../../api/queries.ts";
import { Alert } from "../alert.tsx";
import { Read } from "../read.tsx";
import { RelativeTime } from "../relative-time.tsx";
import { DocumentDiff } from "./document-diff.tsx";

interface DraftConflictProps {
  /** What it is: `policy`. */
  readonly what: string;
  /** By what it is read, as it is there now. */
  readonly endpoint: typeof showPolicy | typeof showRuleFile;
  readonly params: Readonly<Record<string, string>>;
  /** What was typed here. */
  readonly text: string;
  /** Saves it all the same, over what is there under that revision. */
  readonly onOverwrite: (revision: string) => void;
  readonly onTakeTheirs: () => void;
}

/** Somebody else saved meanwhile: shows what is there now beside what was typed, and lets one choose. */
export function DraftConflict(props: DraftConflictProps) {
  const { what, endpoint, params, text, onOverwrite, onTakeTheirs } = props;
  const query = readQuery(endpoint, { params });
  const theirs = useQuery({ ...query, queryKey: [...query.queryKey, "conflict", text], gcTime: 0 });
  return (
    <Read query={theirs} what="what is there now">
      {({ text: saved, changedBy, changedAt, revision }) => (
        <Alert
          isInline
          variant="warning"
          role="alert"
          title={`${changedBy} has changed this ${what} meanwhile: nothing of yours was saved`}
          actionLinks={
            <>
              <AlertActionLink component={Button} onClick={onTakeTheirs}>
                Take theirs and drop mine
              </AlertActionLink>
              <AlertActionLink component={Button} onClick={() => onOverwrite(revision)}>
                Save mine over theirs
              </AlertActionLink>
            </>
          }
        >
          <p>
            Saved <RelativeTime time={changedAt} />. What your draft would change of it:
          </p>
          <DocumentDiff label="Theirs, and what yours would change" before={saved} after={text} />
        </Alert>
      )}
    </Read>
  );
}
