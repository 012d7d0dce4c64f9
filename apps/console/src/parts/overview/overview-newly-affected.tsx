import type { NewlyAffectedImage } from "@pratique/api";
import { Link } from "@tanstack/react-router";
import type { ListPage } from "../../api/list-source.ts";
import { formatCount } from "../../text/format.ts";
import { briefNewlyAffectedColumns } from "../findings/newly-affected-columns.tsx";
import { ListTable } from "../lists/list-table.tsx";
import { Section } from "../section.tsx";

/** What new advisories tell of images that are known, those first that run. */
export function OverviewNewlyAffected({ page }: { readonly page: ListPage<NewlyAffectedImage> }) {
  const all = <Link to="/findings/newly-affected">All {formatCount(page.total, "image")}</Link>;
  return (
    <Section title="Newly affected, last 7 days" aside={all}>
      <ListTable
        label="Newly affected images"
        columns={briefNewlyAffectedColumns}
        items={page.items}
        keyOf={({ imageId }) => imageId}
      />
    </Section>
  );
}
