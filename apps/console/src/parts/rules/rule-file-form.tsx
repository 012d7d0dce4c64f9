import "./rules.css";
import {
  lintRuleFile,
  listRuleFiles,
  listRules,
  putRuleFile,
  type RuleFileEntry,
  showRuleFile,
} from "@pratique/api";
import { useState } from "react";
import { useMay } from "../../api/may.ts";
import { firstRuleDraft, isRuleFileName, offDraft, offName } from "../../text/rule-draft.ts";
import { DraftChecks, useDraftLint } from "../documents/draft-checks.tsx";
import { DraftConflict } from "../documents/draft-conflict.tsx";
import { DraftEditor } from "../documents/draft-editor.tsx";
import { DraftForm } from "../documents/draft-form.tsx";
import { DraftSave } from "../documents/draft-save.tsx";
import { DraftScope } from "../documents/draft-scope.tsx";
import { useDocumentDraft } from "../documents/use-document-draft.ts";
import { FormField } from "../form-field.tsx";
import { Section } from "../section.tsx";
import { useAct } from "../use-act.ts";
import { RuleChecks } from "./rule-checks.tsx";
import { RuleTrial } from "./rule-trial.tsx";

interface RuleFileFormProps {
  /** Absent: a new one. */
  readonly saved?: RuleFileEntry;
  /** The rule that a new one is to turn off. */
  readonly off?: string | undefined;
  readonly onSaved: (file: RuleFileEntry) => void;
  readonly onTakeTheirs: () => void;
}

/** Writes a file of rules: its text, what the checks say, where it holds, and what it makes of recorded detections. */
export function RuleFileForm({ saved, off, onSaved, onTakeTheirs }: RuleFileFormProps) {
  const may = useMay();
  const effect = may("rules.write");
  const draft = useDocumentDraft(saved, off === undefined ? firstRuleDraft : offDraft(off));
  const [newName, setName] = useState(off === undefined ? "" : offName(off));
  const lint = useDraftLint(lintRuleFile, draft.text, saved && { ruleFile: saved.name });
  const save = useAct(putRuleFile, {
    changes: [listRuleFiles, showRuleFile, listRules],
    onDone: (file) => {
      draft.noteSaved(file.text);
      onSaved(file);
    },
  });

  const name = saved?.name ?? newName;
  const isNamed = isRuleFileName(name);
  const submit = (revision: string) => {
    if (isNamed && draft.content !== undefined)
      save.run({ params: { ruleFile: name }, body: draft.content, revision });
  };

  return (
    <DraftForm
      document={
        <Section title="Rules">
          <div className="panel rule-file">
            {saved === undefined && (
              <FormField
                id="rule-file-name"
                label="Name of the file"
                value={newName}
                onChange={setName}
                isRequired
                help="Letters, digits, dots and dashes. Files are read in the order of their names."
                fault={newName === "" || isNamed ? undefined : "It cannot be called that"}
              />
            )}
            <DraftEditor
              label="Rules of the file"
              draft={draft}
              lint={lint}
              isReadOnly={effect === undefined}
            />
          </div>
        </Section>
      }
      checks={<DraftChecks lint={lint}>{(said) => <RuleChecks lint={said} />}</DraftChecks>}
      scope={effect && <DraftScope id="rules" draft={draft} />}
      trial={
        <Section title="Trial">
          <RuleTrial text={draft.text} ruleFile={saved?.name} />
        </Section>
      }
      save={
        effect && (
          <DraftSave
            effect={effect}
            verb={saved === undefined ? "Add the file" : "Save"}
            save={save}
            isDisabled={!isNamed || draft.content === undefined}
            onSave={() => submit(saved?.revision ?? "new")}
            conflict={
              saved && (
                <DraftConflict
                  what="file"
                  endpoint={showRuleFile}
                  params={{ ruleFile: saved.name }}
                  text={draft.text}
                  onOverwrite={submit}
                  onTakeTheirs={onTakeTheirs}
                />
              )
            }
          />
        )
      }
    />
  );
}
