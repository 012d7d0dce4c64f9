import { Button, PageSection } from "@patternfly/react-core";
import { deletePolicy, listPolicies, type PolicyEntry, showPolicy } from "@pratique/api";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useMay } from "../api/may.ts";
import { readQuery } from "../api/queries.ts";
import { Confirm } from "../parts/confirm.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { PolicyForm } from "../parts/policy-form.tsx";
import { Read } from "../parts/read.tsx";
import { RelativeTime } from "../parts/relative-time.tsx";
import { useAct } from "../parts/use-act.ts";
import { effectVerb } from "../text/effect-verb.ts";
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
  const query = readQuery(showPolicy, { params: { policy: name } });
  // What is being edited does not change under one's hands: it is read when the page is opened, and after saving.
  const policy = useQuery({
    ...query,
    queryKey: [`${showPolicy.id} to edit`, name],
    staleTime: Infinity,
    gcTime: 0,
  });
  const client = useQueryClient();
  const [form, setForm] = useState(0);
  const restart = async () => {
    await client.refetchQueries({ queryKey: [`${showPolicy.id} to edit`, name] });
    setForm(form + 1);
  };
  const keep = (saved: PolicyEntry) => client.setQueryData([`${showPolicy.id} to edit`, name], saved);
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
  const [asks, setAsks] = useState(false);
  const remove = useAct(deletePolicy, {
    changes: [listPolicies],
    onDone: () => void navigate({ to: "/policies" }),
  });
  if (effect === undefined) return null;
  return (
    <>
      <Button variant="secondary" isDanger onClick={() => setAsks(true)}>
        {effectVerb(effect, "Remove")}
      </Button>
      {asks && (
        <Confirm
          title={`Remove the policy ${name}?`}
          verb={effectVerb(effect, "Remove")}
          act={remove}
          onConfirm={() => remove.run({ params: { policy: name }, revision })}
          onClose={() => {
            remove.reset();
            setAsks(false);
          }}
        >
          <p>Its rules decide nothing any more, on any host, within seconds.</p>
        </Confirm>
      )}
    </>
  );
}
