import { Button, PageSection } from "@patternfly/react-core";
import { deleteRuleFile, listRuleFiles, listRules, type RuleFileEntry, showRuleFile } from "@pratique/api";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useMay } from "../api/may.ts";
import { readQuery } from "../api/queries.ts";
import { Confirm } from "../parts/confirm.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Read } from "../parts/read.tsx";
import { RelativeTime } from "../parts/relative-time.tsx";
import { RuleFileForm } from "../parts/rule-file-form.tsx";
import { RulesOfFile } from "../parts/rules-of-file.tsx";
import { useAct } from "../parts/use-act.ts";
import { effectVerb } from "../text/effect-verb.ts";
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
  const query = readQuery(showRuleFile, { params: { ruleFile: name } });
  // What is being edited does not change under one's hands: it is read when the page is opened, and after saving.
  const queryKey = [`${showRuleFile.id} to edit`, name];
  const file = useQuery({ ...query, queryKey, staleTime: Infinity, gcTime: 0 });
  const client = useQueryClient();
  const [form, setForm] = useState(0);
  const restart = async () => {
    await client.refetchQueries({ queryKey });
    setForm(form + 1);
  };
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
              <RuleFileForm
                key={form}
                saved={saved}
                onSaved={(changed) => client.setQueryData(queryKey, changed)}
                onTakeTheirs={() => void restart()}
              />
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
  const [asks, setAsks] = useState(false);
  const remove = useAct(deleteRuleFile, {
    changes: [listRuleFiles, listRules],
    onDone: () => void navigate({ to: "/rules/files" }),
  });
  if (effect === undefined) return null;
  return (
    <>
      <Button variant="secondary" isDanger onClick={() => setAsks(true)}>
        {effectVerb(effect, "Remove")}
      </Button>
      {asks && (
        <Confirm
          title={`Remove the file ${name}?`}
          verb={effectVerb(effect, "Remove")}
          act={remove}
          onConfirm={() => remove.run({ params: { ruleFile: name }, revision })}
          onClose={() => {
            remove.reset();
            setAsks(false);
          }}
        >
          <p>Its rules tell nothing any more, and what it changed of others is as before, within seconds.</p>
        </Confirm>
      )}
    </>
  );
}
