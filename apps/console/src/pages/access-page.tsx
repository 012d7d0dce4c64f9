import { EmptyState, EmptyStateBody, PageSection } from "@patternfly/react-core";
import type { Permission } from "@pratique/core";
import { useParams } from "@tanstack/react-router";
import type { ComponentType } from "react";
import { useMay } from "../api/may.ts";
import { AccountsSection } from "../parts/access/access-accounts.tsx";
import { GrantsSection } from "../parts/access/access-grants.tsx";
import { GroupsSection } from "../parts/access/access-groups.tsx";
import { RolesSection } from "../parts/access/access-roles.tsx";
import { TokensSection } from "../parts/access/access-tokens.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { SectionNav } from "../parts/section-nav.tsx";
import { LostPage } from "./lost-page.tsx";

interface AccessPart {
  readonly id: string;
  readonly label: string;
  readonly needs: Permission;
  readonly content: ComponentType;
}

const all: readonly AccessPart[] = [
  { id: "accounts", label: "Accounts", needs: "accounts.read", content: AccountsSection },
  { id: "groups", label: "Groups", needs: "roles.read", content: GroupsSection },
  { id: "roles", label: "Roles", needs: "roles.read", content: RolesSection },
  { id: "grants", label: "Grants", needs: "roles.read", content: GrantsSection },
  { id: "tokens", label: "Tokens", needs: "tokens.read", content: TokensSection },
];

/** Who may do what, where: accounts, groups, roles, who holds them, and tokens. */
export function AccessPage() {
  const may = useMay();
  const { section } = useParams({ strict: false });
  if (section !== undefined && !all.some(({ id }) => id === section)) return <LostPage />;
  const parts = all.filter(({ needs }) => may(needs) !== undefined);
  const current = parts.find(({ id }) => id === section) ?? (section === undefined ? parts[0] : undefined);
  return (
    <>
      <PageHead
        title="Access"
        part={current?.label}
        lead="Who may do what, and where. What nobody was given, nobody may do."
      />
      <SectionNav label="Parts of access" to="/access" parts={parts} current={current?.id} />
      <PageSection isFilled>
        {current === undefined ? (
          <EmptyState variant="sm" titleText="There is nothing here that you may see" headingLevel="h2">
            <EmptyStateBody>Whoever gives out roles can give you one that reads it.</EmptyStateBody>
          </EmptyState>
        ) : (
          <current.content />
        )}
      </PageSection>
    </>
  );
}
