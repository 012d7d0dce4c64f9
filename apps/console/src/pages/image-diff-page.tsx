import { Grid, GridItem, PageSection } from "@patternfly/react-core";
import { type ChangedFinding, diffImage, type ImageDiff, listImages } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { readQuery } from "../api/queries.ts";
import { Choice } from "../parts/choice.tsx";
import { CsvHere } from "../parts/lists/csv-here.tsx";
import { type Column, ListTable } from "../parts/lists/list-table.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Read } from "../parts/read.tsx";
import { RelativeTime } from "../parts/relative-time.tsx";
import { Section } from "../parts/section.tsx";
import { SeverityLabel } from "../parts/severity-label.tsx";
import { csvRows } from "../text/csv.ts";
import { formatCount, shortDigest } from "../text/format.ts";

const route = getRouteApi("/app/images/$imageId/diff");

const DAY_MS = 86_400_000;
const MAX_CHOICES = 100;

/** What is different in an image: from another image, or from what it was some time ago. */
export function ImageDiffPage() {
  const { imageId } = route.useParams();
  const { with: other, days } = route.useSearch();
  const query = other === undefined ? timesOf(days) : { with: other };
  const diff = useQuery(readQuery(diffImage, { params: { imageId }, query }));
  return (
    <>
      <PageHead
        title={`What changed in ${diff.data?.after.reference ?? shortDigest(imageId)}`}
        parent={{ to: `/images/${imageId}`, label: "Image" }}
        lead={diff.data !== undefined && <Sides diff={diff.data} />}
        actions={<Against imageId={imageId} />}
      />
      <PageSection isFilled>
        <Read query={diff} what="the differences">
          {(known) => <Differences diff={known} />}
        </Read>
      </PageSection>
    </>
  );
}

/** To the day, so that the same is asked again while one looks. */
function timesOf(days: string | undefined): { readonly from?: string } {
  if (days === undefined) return {};
  const today = new Date().toISOString().slice(0, 10);
  return { from: new Date(Date.parse(today) - Number(days) * DAY_MS).toISOString() };
}

function Sides({ diff: { before, after } }: { readonly diff: ImageDiff }) {
  return (
    <span className="break">
      {before.imageId === after.imageId ? (
        "compared with itself "
      ) : (
        <>
          {"compared with "}
          <Link to="/images/$imageId" params={{ imageId: before.imageId }}>
            {before.reference}
          </Link>
          {", scanned "}
        </>
      )}
      <RelativeTime time={before.at} />
    </span>
  );
}

function Against({ imageId }: { readonly imageId: string }) {
  const { with: other, days } = route.useSearch();
  const navigate = route.useNavigate();
  const images = useQuery(
    readQuery(listImages, { query: { sort: "reference", order: "asc", limit: MAX_CHOICES } }),
  );
  const others = (images.data?.items ?? []).filter((image) => image.imageId !== imageId);
  return (
    <>
      <Choice
        label="Compared with itself"
        value={days}
        anyText={other === undefined ? "Its first scan" : "Another image"}
        options={[
          { value: "7", text: "7 days ago" },
          { value: "30", text: "30 days ago" },
          { value: "90", text: "90 days ago" },
        ]}
        onChoose={(next) =>
          void navigate({ search: next === undefined ? {} : { days: next }, replace: true })
        }
      />
      <Choice
        label="Compared with another image"
        value={other}
        anyText="No other image"
        options={others.map((image) => ({
          value: String(image.imageId),
          text: `${image.reference} (${shortDigest(image.imageId)})`,
        }))}
        onChoose={(next) =>
          void navigate({ search: next === undefined ? {} : { with: next }, replace: true })
        }
      />
    </>
  );
}

const causeWords: Readonly<Record<NonNullable<ChangedFinding["cause"]>, string>> = {
  "package-added": "the package came",
  "package-removed": "the package went",
  "package-changed": "the package changed",
  suppression: "VEX or an ignore file",
  advisories: "what is known of it",
};

const findingColumns: readonly Column<ChangedFinding>[] = [
  {
    label: "Vulnerability",
    cell: ({ id }) => (
      <Link
        to="/findings/vulnerabilities/$vulnerability"
        params={{ vulnerability: id }}
        className="strong nowrap"
      >
        {id}
      </Link>
    ),
  },
  { label: "Severity", cell: ({ severity }) => <SeverityLabel severity={severity} /> },
  {
    label: "Package",
    cell: ({ name, versions }) => (
      <>
        <span className="break">{name}</span>
        <div className="subtle break">{versions.join(", ")}</div>
      </>
    ),
  },
  { label: "Because of", cell: ({ cause }) => (cause === undefined ? "" : causeWords[cause]) },
];

const findingCells = {
  vulnerability: ({ id }: ChangedFinding) => id,
  severity: ({ severity }: ChangedFinding) => severity,
  type: ({ type }: ChangedFinding) => type,
  package: ({ name }: ChangedFinding) => name,
  versions: ({ versions }: ChangedFinding) => versions.join(" "),
  cause: ({ cause }: ChangedFinding) => cause ?? "",
};

type PackageChange = ImageDiff["packages"]["changed"][number];

const packageColumns: readonly Column<PackageChange>[] = [
  { label: "Package", cell: ({ name, type }) => <span className="break">{`${name} (${type})`}</span> },
  { label: "Before", cell: ({ before }) => <span className="break">{before.join(", ") || "–"}</span> },
  { label: "After", cell: ({ after }) => <span className="break">{after.join(", ") || "–"}</span> },
];

const packageCells = {
  type: ({ type }: PackageChange) => type,
  package: ({ name }: PackageChange) => name,
  before: ({ before }: PackageChange) => before.join(" "),
  after: ({ after }: PackageChange) => after.join(" "),
};

function Differences({ diff: { findings, packages } }: { readonly diff: ImageDiff }) {
  const tables = [
    { title: "New findings", items: findings.new, empty: "No finding is new." },
    { title: "Findings that are gone", items: findings.gone, empty: "No finding is gone." },
  ];
  const changes = [
    { title: "Packages added", items: packages.added },
    { title: "Packages removed", items: packages.removed },
    { title: "Packages changed", items: packages.changed },
  ].filter(({ items }) => items.length > 0);
  return (
    <Grid hasGutter>
      {tables.map(({ title, items, empty }) => (
        <GridItem key={title} xl={6}>
          <Section title={`${title}: ${items.length.toLocaleString("en")}`}>
            {items.length === 0 ? (
              <p>{empty}</p>
            ) : (
              <CsvHere fileName={fileNameOf(title)} rows={csvRows(items, findingCells)}>
                <ListTable label={title} columns={findingColumns} items={items} keyOf={keyOf} />
              </CsvHere>
            )}
          </Section>
        </GridItem>
      ))}
      <GridItem span={12}>
        <p className="subtle">{`${formatCount(findings.still, "finding")} ${findings.still === 1 ? "is as it was" : "are as they were"}.${changes.length === 0 ? " The packages are the same." : ""}`}</p>
      </GridItem>
      {changes.map(({ title, items }) => (
        <GridItem key={title} span={12}>
          <Section title={`${title}: ${items.length.toLocaleString("en")}`}>
            <CsvHere fileName={fileNameOf(title)} rows={csvRows(items, packageCells)}>
              <ListTable
                label={title}
                columns={packageColumns}
                items={items}
                keyOf={({ type, name }) => `${type} ${name}`}
              />
            </CsvHere>
          </Section>
        </GridItem>
      ))}
    </Grid>
  );
}

function keyOf({ id, type, name }: ChangedFinding): string {
  return `${id} ${type} ${name}`;
}

function fileNameOf(title: string): string {
  return title.toLowerCase().replaceAll(" ", "-");
}
