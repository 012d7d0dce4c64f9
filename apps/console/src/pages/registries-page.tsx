import { Button, Card, CardBody, PageSection } from "@patternfly/react-core";
import { listRegistries, type Registry } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useMay } from "../api/may.ts";
import { readQuery } from "../api/queries.ts";
import { CsvAbove } from "../parts/lists/csv-above.tsx";
import { ListTable } from "../parts/lists/list-table.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Read } from "../parts/read.tsx";
import { registryActions, registryColumns } from "../parts/registries/registry-columns.tsx";
import { RegistryForm } from "../parts/registries/registry-form.tsx";
import { RegistryViews } from "../parts/registries/registry-views.tsx";
import { Empty } from "../parts/states.tsx";

/** The registries that are scanned as a whole. */
export function RegistriesPage() {
  const registries = useQuery(readQuery(listRegistries));
  const mayWrite = useMay()("registries.write") !== undefined;
  const [makes, setMakes] = useState(false);
  const [edited, setEdited] = useState<Registry>();
  return (
    <>
      <PageHead
        title="Registries"
        lead="Registries that are scanned as a whole, and how far each is"
        actions={mayWrite && <Button onClick={() => setMakes(true)}>New registry</Button>}
      />
      <RegistryViews current="/registries" />
      <PageSection isFilled>
        <Card>
          <CardBody>
            <Read query={registries} what="registries">
              {({ items }) =>
                items.length === 0 ? (
                  <Empty
                    title="No registry is scanned as a whole"
                    command="pratique registry add main registry.example --every 12h"
                  >
                    Images of hosts are scanned all the same. A registry that is set up on the server is
                    scanned before its images run anywhere.
                  </Empty>
                ) : (
                  <CsvAbove endpoint={listRegistries} fileName="registries">
                    <ListTable
                      label="Registries"
                      columns={mayWrite ? [...registryColumns, registryActions(setEdited)] : registryColumns}
                      items={items}
                      keyOf={({ id }) => id}
                    />
                  </CsvAbove>
                )
              }
            </Read>
          </CardBody>
        </Card>
      </PageSection>
      {makes && <RegistryForm onClose={() => setMakes(false)} />}
      {edited !== undefined && <RegistryForm registry={edited} onClose={() => setEdited(undefined)} />}
    </>
  );
}
