import {
  Card,
  CardBody,
  PageSection,
  Title,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
} from "@patternfly/react-core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback } from "react";
import { type ImageFilter, imagesQuery } from "../api/queries.ts";
import { Choice } from "../parts/choice.tsx";
import { type ImageColumn, ImageTable } from "../parts/image-table.tsx";
import { More } from "../parts/more.tsx";
import { Read } from "../parts/read.tsx";
import { SearchField } from "../parts/search-field.tsx";
import { Empty, NothingFits } from "../parts/states.tsx";

const PAGE = 50;
const route = getRouteApi("/app/images");

const severities = [
  { value: "critical", text: "Critical" },
  { value: "high", text: "High or worse" },
  { value: "medium", text: "Medium or worse" },
  { value: "low", text: "Low or worse" },
] as const;

const verdicts = [
  { value: "deny", text: "Denied" },
  { value: "allow", text: "Allowed" },
  { value: "none", text: "Not launched" },
] as const;

/** In the order of the table. */
const columns: readonly ImageColumn[] = ["reference", "severity", "size", "scanned"];

/** All images that were scanned. */
export function ImagesPage() {
  const filter = route.useSearch();
  const navigate = route.useNavigate();
  const change = useCallback(
    (part: ImageFilter) => void navigate({ search: (search) => ({ ...search, ...part }), replace: true }),
    [navigate],
  );
  const search = useCallback((text: string) => change({ text: text === "" ? undefined : text }), [change]);
  const images = useInfiniteQuery(imagesQuery(filter, PAGE));
  const isFiltered = (filter.text ?? filter.severity ?? filter.verdict) !== undefined;

  const sortOf = (column: ImageColumn) => ({
    columnIndex: columns.indexOf(column),
    sortBy: { index: columns.indexOf(filter.sort ?? "severity"), direction: filter.order ?? "desc" },
    onSort: (_: unknown, __: number, order: "asc" | "desc") => change({ sort: column, order }),
  });

  return (
    <>
      <PageSection>
        <Title headingLevel="h1">Images</Title>
      </PageSection>
      <PageSection isFilled>
        <Card>
          <CardBody>
            <Toolbar inset={{ default: "insetNone" }}>
              <ToolbarContent>
                <ToolbarItem>
                  <SearchField label="Find images" value={filter.text ?? ""} onSearch={search} />
                </ToolbarItem>
                <ToolbarItem>
                  <Choice
                    label="Severity"
                    anyText="Any severity"
                    options={severities}
                    value={filter.severity}
                    onChoose={(severity) => change({ severity })}
                  />
                </ToolbarItem>
                <ToolbarItem>
                  <Choice
                    label="Last verdict"
                    anyText="Any verdict"
                    options={verdicts}
                    value={filter.verdict}
                    onChoose={(verdict) => change({ verdict })}
                  />
                </ToolbarItem>
              </ToolbarContent>
            </Toolbar>
            <Read query={images} what="images">
              {({ pages }) => {
                const items = pages.flatMap((page) => page.items);
                if (items.length === 0 && isFiltered) {
                  return <NothingFits onClear={() => void navigate({ search: {} })} />;
                }
                if (items.length === 0) {
                  return (
                    <Empty title="No image was scanned yet" command="pratique image scan nginx:1.27">
                      Images are scanned when they are launched, or when you ask for it.
                    </Empty>
                  );
                }
                return (
                  <>
                    <ImageTable images={items} sortOf={sortOf} />
                    <More
                      shown={items.length}
                      total={pages[0]?.total ?? items.length}
                      noun="image"
                      isLoading={images.isFetchingNextPage}
                      onMore={() => void images.fetchNextPage()}
                    />
                  </>
                );
              }}
            </Read>
          </CardBody>
        </Card>
      </PageSection>
    </>
  );
}
