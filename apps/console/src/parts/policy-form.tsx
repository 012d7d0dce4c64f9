import { ActionGroup, Alert, Button, Form, Grid, GridItem, Switch } from "@patternfly/react-core";
import { listPolicies, type PolicyEntry, putPolicy, showPolicy } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { useBlocker } from "@tanstack/react-router";
import { lazy, Suspense, useRef, useState } from "react";
import { CallError } from "../api/call-error.ts";
import { useMay } from "../api/may.ts";
import { readQuery } from "../api/queries.ts";
import { effectVerb } from "../text/effect-verb.ts";
import { firstDraft, nameIn } from "../text/policy-draft.ts";
import { draftOf, everywhere, scopeOf } from "../text/scope-draft.ts";
import { scopeWords } from "../text/scope-words.ts";
import { ScopeBuilder } from "./access-scope-builder.tsx";
import { ActOutcome } from "./act-outcome.tsx";
import { DraftConflict } from "./draft-conflict.tsx";
import { lintMarks, PolicyChecks, useLint } from "./policy-checks.tsx";
import { DryRun } from "./policy-dry-run.tsx";
import { Section } from "./section.tsx";
import { Loading } from "./states.tsx";
import { useAct } from "./use-act.ts";

// The editor is half as large as all the rest of the console: only this page loads it.
const DocumentEditor = lazy(async () => ({
  default: (await import("./document-editor.tsx")).DocumentEditor,
}));

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
  const [text, setText] = useState(saved?.text ?? firstDraft);
  const [draftScope, setScope] = useState(saved === undefined ? everywhere : draftOf(saved.scope));
  const [enabled, setEnabled] = useState(saved?.enabled ?? true);
  const { lint, isStale } = useLint(text);
  const kept = useRef(text);
  const save = useAct(putPolicy, {
    changes: [listPolicies, showPolicy],
    onDone: (policy) => {
      kept.current = policy.text;
      onSaved(policy);
    },
  });
  useBlocker({
    shouldBlockFn: () => text !== kept.current && !window.confirm("Leave, and lose what you wrote?"),
    enableBeforeUnload: () => text !== kept.current,
  });

  const scope = scopeOf(draftScope);
  const name = saved?.name ?? nameIn(text);
  const draft = scope === undefined ? undefined : { text, scope, enabled };
  const isStaleRevision = save.error instanceof CallError && save.error.code === "REVISION_STALE";
  const submit = (revision: string) => {
    if (name !== undefined && draft !== undefined)
      save.run({ params: { policy: name }, body: draft, revision });
  };

  return (
    <Form onSubmit={(event) => event.preventDefault()}>
      <Grid hasGutter>
        <GridItem xl={8}>
          <Section title="Document">
            <Suspense fallback={<Loading what="the editor" />}>
              <DocumentEditor
                label="Policy document"
                value={text}
                onChange={setText}
                isReadOnly={effect === undefined}
                marks={lintMarks(isStale ? undefined : lint.data)}
              />
            </Suspense>
          </Section>
        </GridItem>
        <GridItem xl={4}>
          <Section title="Checks">
            <PolicyChecks lint={lint} isStale={isStale} />
          </Section>
        </GridItem>
        {effect !== undefined && (
          <GridItem span={12}>
            <Section title="Where it holds">
              <div className="panel">
                <ScopeBuilder id="policy" value={draftScope} onChange={setScope} without="registries" />
                <Switch
                  id="policy-enabled"
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
          <Section title="Dry run">
            <DryRun draft={draft} policy={saved?.name} />
          </Section>
        </GridItem>
        {effect !== undefined && (
          <GridItem span={12} className="panel">
            {isStaleRevision && saved !== undefined ? (
              <Conflict policy={saved.name} text={text} onOverwrite={submit} onTakeTheirs={onTakeTheirs} />
            ) : (
              <ActOutcome act={save} done="It is saved; agents have it within seconds" />
            )}
            {name === undefined && (
              <Alert isInline variant="warning" title="The document names no policy: give it metadata.name" />
            )}
            <ActionGroup>
              <Button
                isLoading={save.isPending}
                isDisabled={name === undefined || draft === undefined}
                onClick={() => submit(saved?.revision ?? "new")}
              >
                {effectVerb(effect, saved === undefined ? "Add the policy" : "Save")}
              </Button>
            </ActionGroup>
          </GridItem>
        )}
      </Grid>
    </Form>
  );
}

interface ConflictProps {
  readonly policy: string;
  readonly text: string;
  readonly onOverwrite: (revision: string) => void;
  readonly onTakeTheirs: () => void;
}

function Conflict({ policy, text, ...acts }: ConflictProps) {
  const query = readQuery(showPolicy, { params: { policy } });
  const theirs = useQuery({ ...query, queryKey: [...query.queryKey, "conflict", text], gcTime: 0 });
  return <DraftConflict what="policy" theirs={theirs} text={text} {...acts} />;
}
