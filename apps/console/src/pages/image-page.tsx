import {
  Alert,
  Breadcrumb,
  BreadcrumbItem,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
  EmptyState,
  Grid,
  GridItem,
  PageSection,
  Title,
} from "@patternfly/react-core";
import { CheckCircleIcon } from "@patternfly/react-icons/dist/esm/icons/check-circle-icon.js";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import type { ImageDetail } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { imageQuery } from "../api/queries.ts";
import { Command } from "../parts/command.tsx";
import { FindingTable } from "../parts/finding-table.tsx";
import { Read } from "../parts/read.tsx";
import { RelativeTime } from "../parts/relative-time.tsx";
import { Section } from "../parts/section.tsx";
import { SeverityCounts } from "../parts/severity-label.tsx";
import { AssessmentLabel, OutcomeLabel, VerdictLabel } from "../parts/verdict-label.tsx";
import { formatBytes, formatCount, shortDigest } from "../text/format.ts";

/** One image: its findings, its layers, and where it ran. */
export function ImagePage({ imageId }: { readonly imageId: string }) {
  const image = useQuery(imageQuery(imageId));
  return (
    <>
      <PageSection>
        <Breadcrumb>
          <BreadcrumbItem
            render={({ className }) => (
              <Link to="/images" className={className}>
                Images
              </Link>
            )}
          />
          <BreadcrumbItem isActive>{image.data?.image.reference ?? shortDigest(imageId)}</BreadcrumbItem>
        </Breadcrumb>
        <Title headingLevel="h1" className="break">
          {image.data?.image.reference ?? shortDigest(imageId)}
        </Title>
      </PageSection>
      <PageSection isFilled>
        <Read query={image} what="the image">
          {(detail) => <Detail detail={detail} />}
        </Read>
      </PageSection>
    </>
  );
}

function Detail({ detail }: { readonly detail: ImageDetail }) {
  return (
    <>
      <AssessmentAlert detail={detail} />
      <Grid hasGutter>
        <GridItem xl={6}>
          <Section title="Image">
            <Facts detail={detail} />
          </Section>
        </GridItem>
        <GridItem xl={6}>
          <Section title="Where it ran">
            <Runs launches={detail.launches} reference={detail.image.reference} />
          </Section>
        </GridItem>
        <GridItem span={12}>
          <Section
            title="Findings"
            aside={<SeverityCounts counts={detail.image.severities} assessment={detail.image.assessment} />}
          >
            {detail.findings.length === 0 ? (
              <NoFindings detail={detail} />
            ) : (
              <FindingTable findings={detail.findings} />
            )}
          </Section>
        </GridItem>
        {detail.layers.length > 0 && (
          <GridItem span={12}>
            <Section title="Layers">
              <Layers layers={detail.layers} />
            </Section>
          </GridItem>
        )}
      </Grid>
    </>
  );
}

function AssessmentAlert({ detail: { image, reasons } }: { readonly detail: ImageDetail }) {
  if (image.assessment === "complete") return null;
  return (
    <div className="alerts">
      <Alert
        isInline
        variant={image.assessment === "none" ? "danger" : "warning"}
        title={
          image.assessment === "none" ? "This image could not be assessed" : "This image was assessed in part"
        }
      >
        <ul className="plain-list">
          {reasons.map(({ code, message, path }) => (
            <li key={`${code} ${path} ${message}`}>
              {message} {path !== undefined && <code className="break">{path}</code>}
            </li>
          ))}
        </ul>
      </Alert>
    </div>
  );
}

function NoFindings({ detail: { image } }: { readonly detail: ImageDetail }) {
  if (image.assessment !== "complete") {
    return <p>Nothing was found in what could be assessed. That is not a clean bill of health.</p>;
  }
  return (
    <EmptyState
      variant="sm"
      status="success"
      icon={CheckCircleIcon}
      titleText="No known vulnerabilities"
      headingLevel="h3"
    />
  );
}

function Facts({ detail }: { readonly detail: ImageDetail }) {
  const { image, user, packageTypes, advisories } = detail;
  const packages = packageTypes
    .map(({ type, packages: count }) => `${count.toLocaleString("en")} ${type}`)
    .join(", ");
  return (
    <DescriptionList isCompact isHorizontal aria-label="Image">
      <Fact term="Assessment">
        <AssessmentLabel state={image.assessment} />
      </Fact>
      <Fact term="Last verdict">
        <VerdictLabel verdict={image.lastVerdict} />
      </Fact>
      <Fact term="Image id">
        <code className="break">{image.imageId}</code>
      </Fact>
      <Fact term="System">
        {image.distro ?? "none recognised"}
        {image.platform !== undefined && `, ${image.platform}`}
      </Fact>
      <Fact term="Runs as">{user === "" || user === "0" ? "root" : user}</Fact>
      <Fact term="Size">{image.sizeBytes === undefined ? "unknown" : formatBytes(image.sizeBytes)}</Fact>
      <Fact term="Packages">
        {image.packages.toLocaleString("en")}
        {packages !== "" && <span className="subtle"> ({packages})</span>}
      </Fact>
      {image.created !== undefined && !Number.isNaN(Date.parse(image.created)) && (
        <Fact term="Built">
          <RelativeTime time={image.created} />
        </Fact>
      )}
      <Fact term="Scanned">
        <RelativeTime time={image.scannedAt} />
        <span className="subtle"> against {formatCount(advisories.length, "source")} of advisories</span>
      </Fact>
    </DescriptionList>
  );
}

function Runs({ launches, reference }: Pick<ImageDetail, "launches"> & { readonly reference: string }) {
  if (launches.length === 0) {
    return (
      <>
        <p className="subtle">It was not launched on this host. See whether it would be let through:</p>
        <Command>{`pratique image check ${reference}`}</Command>
      </>
    );
  }
  return (
    <Table variant="compact" aria-label="Launches of this image" borders={false}>
      <Thead>
        <Tr>
          <Th>Container</Th>
          <Th>Verdict</Th>
          <Th>Time</Th>
        </Tr>
      </Thead>
      <Tbody>
        {launches.slice(0, 6).map(({ id, container, host, action, decision, time }) => (
          <Tr key={id}>
            <Td dataLabel="Container">
              <Link to="/launches/$launchId" params={{ launchId: id }}>
                {container === "" ? "unnamed" : container}
              </Link>{" "}
              <span className="subtle">
                {action} on {host}
              </span>
            </Td>
            <Td dataLabel="Verdict">
              <OutcomeLabel outcome={decision === "allow" ? "allowed" : "denied"} />
            </Td>
            <Td dataLabel="Time">
              <RelativeTime time={time} />
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

function Layers({ layers }: Pick<ImageDetail, "layers">) {
  return (
    <Table variant="compact" aria-label="Layers, lowest first">
      <Thead>
        <Tr>
          <Th>Layer</Th>
          <Th>Packages</Th>
          <Th>Findings</Th>
        </Tr>
      </Thead>
      <Tbody>
        {layers.map(({ digest, packages, findings }) => (
          <Tr key={digest}>
            <Td dataLabel="Layer">
              <code title={digest}>{shortDigest(digest)}</code>
            </Td>
            <Td dataLabel="Packages">{packages.toLocaleString("en")}</Td>
            <Td dataLabel="Findings">{findings.toLocaleString("en")}</Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

function Fact({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  return (
    <DescriptionListGroup>
      <DescriptionListTerm>{term}</DescriptionListTerm>
      <DescriptionListDescription>{children}</DescriptionListDescription>
    </DescriptionListGroup>
  );
}
