import { lazy, Suspense } from "react";
import { type LineMark, marksOf } from "../../text/line-marks.ts";
import { Loading } from "../states.tsx";
import type { DraftLint } from "./draft-checks.tsx";
import type { DocumentDraft } from "./use-document-draft.ts";

// The editor is half as large as all the rest of the console: only pages that write load it.
const DocumentEditor = lazy(async () => ({
  default: (await import("./document-editor.tsx")).DocumentEditor,
}));

interface DraftEditorProps {
  /** Names it for those who hear it. */
  readonly label: string;
  readonly draft: DocumentDraft;
  readonly lint: DraftLint;
  readonly isReadOnly: boolean;
}

const nothing: readonly LineMark[] = [];

/** Where a document is written, with what the checks say at its lines; nothing of a draft that was not checked yet. */
export function DraftEditor({ label, draft, lint: { lint, isStale }, isReadOnly }: DraftEditorProps) {
  const said = isStale ? undefined : lint.data;
  return (
    <Suspense fallback={<Loading what="the editor" />}>
      <DocumentEditor
        label={label}
        value={draft.text}
        onChange={draft.setText}
        isReadOnly={isReadOnly}
        marks={said === undefined ? nothing : marksOf(said.problems, said.warnings)}
      />
    </Suspense>
  );
}
