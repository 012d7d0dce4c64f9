import { lintPolicy, listPolicies, type PolicyEntry, putPolicy, showPolicy } from "@pratique/api";
import { useMay } from "../../api/may.ts";
import { firstDraft, nameIn } from "../../text/policy-draft.ts";
import { Alert } from "../alert.tsx";
import { DraftChecks, useDraftLint } from "../documents/draft-checks.tsx";
import { DraftConflict } from "../documents/draft-conflict.tsx";
import { DraftEditor } from "../documents/draft-editor.tsx";
import { DraftForm } from "../documents/draft-form.tsx";
import { DraftSave } from "../documents/draft-save.tsx";
import { DraftScope } from "../documents/draft-scope.tsx";
import { useDocumentDraft } from "../documents/use-document-draft.ts";
import { Section } from "../section.tsx";
import { useAct } from "../use-act.ts";
import { PolicyChecks } from "./policy-checks.tsx";
import { DryRun } from "./policy-dry-run.tsx";

interface PolicyFormProps {
  /** Absent: a new one. */
  readonly saved?: PolicyEntry;
  readonly onSaved: (policy: PolicyEntry) => void;
  readonly onTakeTheirs: () => void;
}

/** Writes a policy: the document, where it holds, what the checks say, and what it would have changed. */
export function PolicyForm({ saved, onSaved, onTakeTheirs }: PolicyFormProps) {
  const may = useMay();
  const effect = may("policies.write");
  const draft = useDocumentDraft(saved, firstDraft);
  const lint = useDraftLint(lintPolicy, draft.text);
  const save = useAct(putPolicy, {
    changes: [listPolicies, showPolicy],
    onDone: (policy) => {
      draft.noteSaved(policy.text);
      onSaved(policy);
    },
  });

  const name = saved?.name ?? nameIn(draft.text);
  const submit = (revision: string) => {
    if (name !== undefined && draft.content !== undefined)
      save.run({ params: { policy: name }, body: draft.content, revision });
  };

  return (
    <DraftForm
      document={
        <Section title="Document">
          <DraftEditor label="Policy document" draft={draft} lint={lint} isReadOnly={effect === undefined} />
        </Section>
      }
      checks={<DraftChecks lint={lint}>{(said) => <PolicyChecks lint={said} />}</DraftChecks>}
      scope={effect && <DraftScope id="policy" draft={draft} />}
      trial={
        <Section title="Dry run">
          <DryRun draft={draft.content} policy={saved?.name} />
        </Section>
      }
      save={
        effect && (
          <DraftSave
            effect={effect}
            verb={saved === undefined ? "Add the policy" : "Save"}
            save={save}
            isDisabled={name === undefined || draft.content === undefined}
            onSave={() => submit(saved?.revision ?? "new")}
            conflict={
              saved && (
                <DraftConflict
                  what="policy"
                  endpoint={showPolicy}
                  params={{ policy: saved.name }}
                  text={draft.text}
                  onOverwrite={submit}
                  onTakeTheirs={onTakeTheirs}
                />
              )
            }
          >
            {name === undefined && (
              <Alert isInline variant="warning" title="The document names no policy: give it metadata.name" />
            )}
          </DraftSave>
        )
      }
    />
  );
}
