import { PageSection } from "@patternfly/react-core";
import { deleteRuleFile, listRuleFiles, listRules, type RuleFileEntry, showRuleFile } from "@pratique/api";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMay } from "../api/may.ts";
import { RemoveDocument } from "../parts/documents/remove-document.tsx";
import { useDocumentToEdit } from "../parts/documents/use-document-to-edit.ts";
import { PageHead } from "../parts/page-head.tsx";
import { Read } from "../parts/read.tsx";
import { RelativeTime } from "../parts/relative-time.tsx";
import { RuleFileForm } from "../parts/rules/rule-file-form.tsx";
import { RulesOfFile } from "../parts/rules/rules-of-file.tsx";
import { useAct } from "../parts/use-act.ts";
import { formatCount } from "../text/format.ts";

const route = getRouteApi("/app/rules/files/$file");
const newRoute = getRouteApi("/app/rules/files/new");
const parent = { to: "/rules/files", label: "Files of rules" } as const;

/** Writes a new file of rules. */
export function NewRuleFilePage() {
  const { off } = newRoute.useSearch();
  const navigate = useNavigate();
  const show = ({ name }: RuleFileEntry) =>
    void navigate({ to: "/rules/files/$file", params: { file: name } });
  return (
    <>
      <PageHead
        title="New file of rules"
        parent={parent}
        lead={
          off === undefined
            ? "It is read after the default rules, in the order of names."
            : `It switches off: ${off}`
        }
      />
      <PageSection isFilled>
        <RuleFileForm
          key={off}
          off={off}
          onSaved={show}
          onTakeTheirs={() => void navigate({ to: "/rules/files" })}
        />
      </PageSection>
    </>
  );
}

/** One file of rules: its text, the checks, where it holds, a trial, and what hosts do by its rules. */
export function RuleFilePage() {
  const { file: name } = route.useParams();
  const { document: file, form, keep, restart } = useDocumentToEdit(showRuleFile, { ruleFile: name });
  return (
    <>
      <PageHead
        title={name}
        parent={parent}
        lead={file.data === undefined ? undefined : <Lead file={file.data} />}
        actions={file.data === undefined ? undefined : <Remove file={file.data} />}
      />
      <PageSection isFilled>
        <Read query={file} what="the file">
          {(saved) => (
            <>
              <RuleFileForm key={form} saved={saved} onSaved={keep} onTakeTheirs={() => void restart()} />
              <RulesOfFile file={saved} />
            </>
          )}
        </Read>
      </PageSection>
    </>
  );
}

function Lead({ file: { changedAt, changedBy, rules } }: { readonly file: RuleFileEntry }) {
  return (
    <>
      {`${formatCount(rules.length, "rule")} of its own, changed by ${changedBy} `}
      <RelativeTime time={changedAt} />
    </>
  );
}

function Remove({ file: { name, revision } }: { readonly file: RuleFileEntry }) {
  const effect = useMay()("rules.write");
  const navigate = useNavigate();
  const remove = useAct(deleteRuleFile, {
    changes: [listRuleFiles, listRules],
    onDone: () => void navigate({ to: "/rules/files" }),
  });
  return (
    <RemoveDocument
      effect={effect}
      what={`the file ${name}`}
      remove={remove}
      onRemove={() => remove.run({ params: { ruleFile: name }, revision })}
    >
      Its rules tell nothing any more, and what it changed of others is as before, within seconds.
    </RemoveDocument>
  );
}
