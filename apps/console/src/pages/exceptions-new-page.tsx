import { PageSection } from "@patternfly/react-core";
import { type ExceptionEntry, type LaunchEntry, showLaunch } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { readQuery, sessionQuery } from "../api/queries.ts";
import { ExceptionForm } from "../parts/exceptions/exceptions-form.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Read } from "../parts/read.tsx";
import { type ExceptionDraft, newException } from "../text/exception-draft.ts";

const route = getRouteApi("/app/exceptions/new");
const parent = { to: "/exceptions", label: "Exceptions" } as const;

/** Asks for an exception. The address fills the form: what it says, else what the launch was refused for. */
export function NewExceptionPage() {
  const { launch: launchId, ...known } = route.useSearch();
  return (
    <>
      <PageHead
        title="New exception"
        parent={parent}
        lead={
          launchId !== undefined && (
            <>
              For what{" "}
              <Link to="/launches/$launchId" params={{ launchId }}>
                this launch
              </Link>{" "}
              was refused for
            </>
          )
        }
      />
      <PageSection isFilled>
        {launchId !== undefined && known.rule === undefined ? (
          <FromLaunch launchId={launchId} />
        ) : (
          <Filled
            known={{
              rules: known.rule ?? "",
              images: known.image ?? "",
              digests: known.digest ?? "",
              vulnerabilities: known.vulnerability ?? "",
              secrets: known.secret ?? "",
              licenses: known.license ?? "",
              hosts: known.host ?? "",
            }}
          />
        )}
      </PageSection>
    </>
  );
}

function FromLaunch({ launchId }: { readonly launchId: string }) {
  const launch = useQuery(readQuery(showLaunch, { params: { launchId } }));
  return (
    <Read query={launch} what="the launch">
      {(known) => <Filled known={draftFor(known)} />}
    </Read>
  );
}

/** Only what refused it: the rules that warned let it pass. */
function draftFor({ reasons, image, host }: LaunchEntry): Partial<ExceptionDraft> {
  const refusing = reasons.filter(
    ({ enforcement, waivedBy }) => enforcement === "enforce" && waivedBy === undefined,
  );
  const rules = new Set(refusing.map(({ policy, rule }) => `${policy}/${rule}`));
  return { rules: [...rules].join("\n"), images: image, hosts: host };
}

function Filled({ known }: { readonly known: Partial<ExceptionDraft> }) {
  const session = useQuery(sessionQuery);
  const navigate = useNavigate();
  const show = ({ id }: ExceptionEntry) =>
    void navigate({ to: "/exceptions/$exceptionId", params: { exceptionId: id } });
  return (
    <Read query={session} what="your account">
      {({ account }) => (
        <ExceptionForm
          initial={newException({ owner: account.login, ...known }, Date.now())}
          onGranted={show}
        />
      )}
    </Read>
  );
}
