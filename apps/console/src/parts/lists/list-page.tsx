import { Card, CardBody, PageSection } from "@patternfly/react-core";
import type { ComponentProps, ReactNode } from "react";
import { PageHead } from "../page-head.tsx";
import { useAddressChange } from "../use-address.ts";
import { ListPanel } from "./list-panel.tsx";

type PanelProps<Item> = Omit<ComponentProps<typeof ListPanel<Item>>, "onAddress">;

interface ListPageProps<Item> extends PanelProps<Item> {
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  /** Between the title and the list: tabs, alerts. */
  readonly above?: ReactNode;
}

/** A page that is one list, whose filter, order and place stand in the page's address. */
export function ListPage<Item>({ lead, actions, above, ...panel }: ListPageProps<Item>) {
  const change = useAddressChange();
  return (
    <>
      <PageHead title={panel.label} lead={lead} actions={actions} />
      {above}
      <PageSection isFilled>
        <Card>
          <CardBody>
            <ListPanel {...panel} onAddress={change} />
          </CardBody>
        </Card>
      </PageSection>
    </>
  );
}
