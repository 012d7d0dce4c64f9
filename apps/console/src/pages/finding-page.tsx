import { Grid, GridItem, PageSection } from "@patternfly/react-core";
import { type ImageFinding, listImageFindings } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { readQuery } from "../api/queries.ts";
import { Fact, Facts } from "../parts/facts.tsx";
import { baseWords, Epss, FixedIn } from "../parts/findings/finding-columns.tsx";
import { RiskTerms } from "../parts/findings/risk.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Read } from "../parts/read.tsx";
import { Section } from "../parts/section.tsx";
import { SeverityLabel } from "../parts/severity-label.tsx";

const route = getRouteApi("/app/images/$imageId/findings/$finding");

const MAX_ALIKE = 200;

/** One finding of one image: how urgent it is and why, and where it comes from. */
export function FindingPage() {
  const { imageId, finding: id } = route.useParams();
  const address = route.useSearch();
  // The list finds by any part of the identifier; what is meant is told from the others by its package.
  const query = { text: id, limit: MAX_ALIKE };
  const found = useQuery(readQuery(listImageFindings, { params: { imageId }, query }));
  return (
    <>
      <PageHead title={id} parent={{ to: `/images/${imageId}`, label: "Image" }} />
      <PageSection isFilled>
        <Read query={found} what="the finding">
          {({ items }) => {
            const finding = items.find(
              (one) =>
                one.id === id &&
                (address.package === undefined || one.packageName === address.package) &&
                (address.version === undefined || one.packageVersion === address.version) &&
                (address.place === undefined || one.paths[0] === address.place),
            );
            return finding === undefined ? (
              <p>The image does not have this finding any more.</p>
            ) : (
              <Detail finding={finding} />
            );
          }}
        </Read>
      </PageSection>
    </>
  );
}

function Detail({ finding }: { readonly finding: ImageFinding }) {
  const { id, severity, epss, packageName, packageVersion, packageType, title, source, advisory, paths } =
    finding;
  return (
    <Grid hasGutter>
      <GridItem xl={6}>
        <Section title="How urgent it is">
          <RiskTerms risk={finding.risk} />
        </Section>
      </GridItem>
      <GridItem xl={6}>
        <Section
          title="Where it comes from"
          aside={
            <Link to="/findings/vulnerabilities/$vulnerability" params={{ vulnerability: id }}>
              All images that have it
            </Link>
          }
        >
          {title !== undefined && <p>{title}</p>}
          <Facts label="The finding">
            <Fact term="Severity">
              <SeverityLabel severity={severity} />
            </Fact>
            <Fact term="EPSS">
              <Epss epss={epss} />
            </Fact>
            <Fact term="Package">
              <span className="break">{`${packageName} ${packageVersion} (${packageType})`}</span>
            </Fact>
            <Fact term="Fixed in">
              <FixedIn {...finding} />
            </Fact>
            <Fact term="Said by">{advisory === id ? source : `${source}, ${advisory}`}</Fact>
            <Fact term="Brought by">{baseWords(finding.fromBase)}</Fact>
            <Fact term="Instruction">
              {finding.instruction === undefined ? (
                <span className="subtle">the image does not tell</span>
              ) : (
                <code className="break">{finding.instruction}</code>
              )}
            </Fact>
            <Fact term="Layer">
              {finding.layer === undefined ? (
                <span className="subtle">not known</span>
              ) : (
                <code className="break">{finding.layer}</code>
              )}
            </Fact>
            <Fact term="Found in">
              <span className="break">{paths.length === 0 ? "–" : paths.join(", ")}</span>
            </Fact>
          </Facts>
        </Section>
      </GridItem>
    </Grid>
  );
}
