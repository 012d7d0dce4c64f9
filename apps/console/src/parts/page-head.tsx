import { Breadcrumb, BreadcrumbItem, Flex, FlexItem, PageSection, Title } from "@patternfly/react-core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTabTitle } from "./use-tab-title.ts";

interface PageHeadProps {
  readonly title: string;
  /** The part of the page that is shown, for the tab's name alone: it has a heading of its own. */
  readonly part?: string | undefined;
  /** The list that the page belongs to. */
  readonly parent?: { readonly to: string; readonly label: string };
  /** One sentence under the title. */
  readonly lead?: ReactNode;
  /** Buttons at the other end of the title's line. */
  readonly actions?: ReactNode;
}

/** The top of every page: where one is, its title, and what can be done there. Names the tab as well. */
export function PageHead({ title, part, parent, lead, actions }: PageHeadProps) {
  useTabTitle(part === undefined ? title : `${part} · ${title}`);
  return (
    <PageSection>
      {parent !== undefined && (
        <Breadcrumb className="trail">
          <BreadcrumbItem
            render={({ className }) => (
              <Link to={parent.to} className={className}>
                {parent.label}
              </Link>
            )}
          />
          <BreadcrumbItem isActive className="break">
            {title}
          </BreadcrumbItem>
        </Breadcrumb>
      )}
      <Flex justifyContent={{ default: "justifyContentSpaceBetween" }} columnGap={{ default: "columnGapMd" }}>
        <FlexItem>
          <Title headingLevel="h1" className="break">
            {title}
          </Title>
          {lead !== undefined && <div className="lead">{lead}</div>}
        </FlexItem>
        {actions !== undefined && <FlexItem className="label-row">{actions}</FlexItem>}
      </Flex>
    </PageSection>
  );
}
