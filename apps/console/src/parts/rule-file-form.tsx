import "./document.css";
import "./rules.css";
import { ActionGroup, Alert, Button, Form, Grid, GridItem, Switch } from "@patternfly/react-core";
import { listRuleFiles, listRules, putRuleFile, type RuleFileEntry, showRuleFile } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { useBlocker } from "@tanstack/react-router";
import { lazy, Suspense, useRef, useState } from "react";
import { CallError } from "../api/call-error.ts";
import { useMay } from "../api/may.ts";
import { readQuery } from "../api/queries.ts";
import { effectVerb } from "../text/effect-verb.ts";
import { firstRuleDraft, isRuleFileName, offDraft, offName } from "../text/rule-draft.ts";
import { draftOf, everywhere, scopeOf } from "../text/scope-draft.ts";
import { scopeWords } from "../text/scope-words.ts";
import { ScopeBuilder } from "./access-scope-builder.tsx";
import { ActOutcome } from "./act-outcome.tsx";
import { DraftConflict } from "./draft-conflict.tsx";
import { FormField } from "./form-field.tsx";
import { RuleChecks, ruleMarks, useRuleLint } from "./rule-checks.tsx";
import { RuleTrial } from "./rule-trial.tsx";
import { Section } from "./section.tsx";
import { Loading } from "./states.tsx";
import { useAct } from "./use-act.ts";

// The editor is half as large as all the rest of the console: only pages that write load it.
const Editor = lazy(async () => ({ default: (await import("./document-editor.tsx")).DocumentEditor }));

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
  const [text, setText] = useState(saved?.text ?? (off === undefined ? firstRuleDraft : offDraft(off)));
  const [newName, setName] = useState(off === undefined ? "" : offName(off));
  const [draftScope, setScope] = useState(saved === undefined ? everywhere : draftOf(saved.scope));
  const [enabled, setEnabled] = useState(saved?.enabled ?? true);
  const { lint, isStale } = useRuleLint(text, saved?.name);
  const kept = useRef(text);
  const save = useAct(putRuleFile, {
    changes: [listRuleFiles, showRuleFile, listRules],
    onDone: (file) => {
      kept.current = file.text;
      onSaved(file);
    },
  });
  useBlocker({
    shouldBlockFn: () => text !== kept.current && !window.confirm("Leave, and lose what you wrote?"),
    enableBeforeUnload: () => text !== kept.current,
  });

  const scope = scopeOf(draftScope);
  const name = saved?.name ?? newName;
  const isNamed = isRuleFileName(name);
  const isStaleRevision = save.error instanceof CallError && save.error.code === "REVISION_STALE";
  const submit = (revision: string) => {
    if (isNamed && scope !== undefined) {
      save.run({ params: { ruleFile: name }, body: { text, scope, enabled }, revision });
    }
  };

  return (
    <Form onSubmit={(event) => event.preventDefault()}>
      <Grid hasGutter>
        <GridItem xl={8}>
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
              <Suspense fallback={<Loading what="the editor" />}>
                <Editor
                  label="Rules of the file"
                  value={text}
                  onChange={setText}
                  isReadOnly={effect === undefined}
                  marks={ruleMarks(isStale ? undefined : lint.data)}
                />
              </Suspense>
            </div>
          </Section>
        </GridItem>
        <GridItem xl={4}>
          <Section title="Checks">
            <RuleChecks lint={lint} isStale={isStale} />
          </Section>
        </GridItem>
        {effect !== undefined && (
          <GridItem span={12}>
            <Section title="Where it holds">
              <div className="panel">
                <ScopeBuilder id="rules" value={draftScope} onChange={setScope} without="registries" />
                <Switch
                  id="rule-file-enabled"
                  label="In force"
                  isChecked={enabled}
                  onChange={(_, next) => setEnabled(next)}
                />
                <Alert
                  isInline
                  isPlain
                  variant={scope === undefined ? "warning" : "info"}
                  title={
                    scope === undefined
                      ? "Each label needs a name and at least one value"
                      : `It holds ${enabled ? scopeWords(scope) : "nowhere while it is switched off"}.`
                  }
                />
              </div>
            </Section>
          </GridItem>
        )}
        <GridItem span={12}>
          <Section title="Trial">
            <RuleTrial text={text} ruleFile={saved?.name} />
          </Section>
        </GridItem>
        {effect !== undefined && (
          <GridItem span={12} className="panel">
            {isStaleRevision && saved !== undefined ? (
              <Conflict file={saved.name} text={text} onOverwrite={submit} onTakeTheirs={onTakeTheirs} />
            ) : (
              <ActOutcome act={save} done="It is saved; agents have it within seconds" />
            )}
            <ActionGroup>
              <Button
                isLoading={save.isPending}
                isDisabled={!isNamed || scope === undefined}
                onClick={() => submit(saved?.revision ?? "new")}
              >
                {effectVerb(effect, saved === undefined ? "Add the file" : "Save")}
              </Button>
            </ActionGroup>
          </GridItem>
        )}
      </Grid>
    </Form>
  );
}

interface ConflictProps {
  readonly file: string;
  readonly text: string;
  readonly onOverwrite: (revision: string) => void;
  readonly onTakeTheirs: () => void;
}

function Conflict({ file, text, ...acts }: ConflictProps) {
  const query = readQuery(showRuleFile, { params: { ruleFile: file } });
  const theirs = useQuery({ ...query, queryKey: [...query.queryKey, "conflict", text], gcTime: 0 });
  return <DraftConflict what="file" theirs={theirs} text={text} {...acts} />;
}
