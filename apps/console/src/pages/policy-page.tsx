import { PageSection } from "@patternfly/react-core";
import { deletePolicy, listPolicies, type PolicyEntry, showPolicy } from "@pratique/api";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMay } from "../api/may.ts";
import { RemoveDocument } from "../parts/documents/remove-document.tsx";
import { useDocumentToEdit } from "../parts/documents/use-document-to-edit.ts";
import { PageHead } from "../parts/page-head.tsx";
import { PolicyForm } from "../parts/policies/policy-form.tsx";
import { Read } from "../parts/read.tsx";
import { RelativeTime } from "../parts/relative-time.tsx";
import { useAct } from "../parts/use-act.ts";
import { formatCount } from "../text/format.ts";

const route = getRouteApi("/app/policies/$policy");
const parent = { to: "/policies", label: "Policies" } as const;

/** Writes a new policy. */
export function NewPolicyPage() {
  const navigate = useNavigate();
  const show = ({ name }: PolicyEntry) =>
    void navigate({ to: "/policies/$policy", params: { policy: name } });
  return (
    <>
      <PageHead title="New policy" parent={parent} lead="It is named by metadata.name in the document." />
      <PageSection isFilled>
        <PolicyForm onSaved={show} onTakeTheirs={() => void navigate({ to: "/policies" })} />
      </PageSection>
    </>
  );
}

/** One policy: its document, the checks, where it holds, and a dry run. */
export function PolicyPage() {
  const { policy: name } = route.useParams();
  const { document: policy, form, keep, restart } = useDocumentToEdit(showPolicy, { policy: name });
  return (
    <>
      <PageHead
        title={name}
        parent={parent}
        lead={policy.data === undefined ? undefined : <Lead policy={policy.data} />}
        actions={policy.data === undefined ? undefined : <Remove policy={policy.data} />}
      />
      <PageSection isFilled>
        <Read query={policy} what="the policy">
          {(saved) => (
            <PolicyForm key={form} saved={saved} onSaved={keep} onTakeTheirs={() => void restart()} />
          )}
        </Read>
      </PageSection>
    </>
  );
}

function Lead({ policy: { changedAt, changedBy, inForce, rules } }: { readonly policy: PolicyEntry }) {
  return (
    <>
      {`${formatCount(rules.length, "rule")}, in force on ${inForce.hosts} of ${formatCount(inForce.of, "host")}, changed by ${changedBy} `}
      <RelativeTime time={changedAt} />
    </>
  );
}

function Remove({ policy: { name, revision } }: { readonly policy: PolicyEntry }) {
  const effect = useMay()("policies.write");
  const navigate = useNavigate();
  const remove = useAct(deletePolicy, {
    changes: [listPolicies],
    onDone: () => void navigate({ to: "/policies" }),
  });
  return (
    <RemoveDocument
      effect={effect}
      what={`the policy ${name}`}
      remove={remove}
      onRemove={() => remove.run({ params: { policy: name }, revision })}
    >
      Its rules decide nothing any more, on any host, within seconds.
    </RemoveDocument>
  );
}
