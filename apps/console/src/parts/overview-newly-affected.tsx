import { GridItem } from "@patternfly/react-core";
import { listNewlyAffected } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { listQuery, listSource } from "../api/list-source.ts";
import { formatCount } from "../text/format.ts";
import { ListTable } from "./list-table.tsx";
import { newlyAffectedColumns } from "./newly-affected-columns.tsx";
import { Section } from "./section.tsx";

const SHOWN = 5;

const source = listSource(listNewlyAffected);

/** What new advisories tell of images that are known, those first that run; nothing while they tell nothing. */
export function OverviewNewlyAffected() {
  const { data } = useQuery(listQuery(source, { limit: SHOWN }));
  if (data === undefined || data.items.length === 0) return null;
  const all = <Link to="/findings/newly-affected">All {formatCount(data.total, "image")}</Link>;
  return (
    <GridItem span={12}>
      <Section title="Newly affected, last 7 days" aside={all}>
        <ListTable
          label="Newly affected images"
          columns={newlyAffectedColumns}
          items={data.items}
          keyOf={({ imageId }) => imageId}
        />
      </Section>
    </GridItem>
  );
}
