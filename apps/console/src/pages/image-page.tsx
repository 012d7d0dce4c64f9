import {
  Button,
  Card,
  CardBody,
  Grid,
  GridItem,
  PageSection,
  Tab,
  Tabs,
  TabTitleText,
} from "@patternfly/react-core";
import { type ImageDetail, showImage } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useMay } from "../api/may.ts";
import { readQuery } from "../api/queries.ts";
import { AssessmentAlert, DisputeAlert, ImageFacts, ImageState } from "../parts/images/image-facts.tsx";
import { ScanButton, ScanOutcome, useScan } from "../parts/images/image-scan.tsx";
import { ImageSecrets } from "../parts/images/image-secrets.tsx";
import {
  ImageFindings,
  ImageLaunches,
  ImageLayers,
  ImagePackages,
  ImagePlaces,
} from "../parts/images/image-tabs.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Read } from "../parts/read.tsx";
import { Section } from "../parts/section.tsx";
import { SeverityCounts } from "../parts/severity-label.tsx";
import { shortDigest } from "../text/format.ts";

const route = getRouteApi("/app/images/$imageId");

/** One image: its findings, packages and layers, where it lies and runs, and what was decided about it. */
export function ImagePage() {
  const { imageId } = route.useParams();
  const image = useQuery(readQuery(showImage, { params: { imageId } }));
  const scan = useScan();
  return (
    <>
      <PageHead
        title={image.data?.image.reference ?? shortDigest(imageId)}
        parent={{ to: "/images", label: "Images" }}
        lead={
          image.data !== undefined && (
            <SeverityCounts counts={image.data.image.severities} assessment={image.data.image.assessment} />
          )
        }
        actions={
          image.data !== undefined && (
            <>
              <Button
                variant="secondary"
                component={(props) => (
                  <Link {...props} to="/images/$imageId/diff" params={{ imageId }} search={{}} />
                )}
              >
                What changed
              </Button>
              {image.data.hosts.length > 0 && <ScanButton imageId={imageId} scan={scan} />}
            </>
          )
        }
      />
      <PageSection isFilled>
        <Read query={image} what="the image">
          {(detail) => (
            <>
              <div className="alerts">
                <ScanOutcome scan={scan} />
                <DisputeAlert detail={detail} />
                <AssessmentAlert detail={detail} />
              </div>
              <Detail key={imageId} detail={detail} />
            </>
          )}
        </Read>
      </PageSection>
    </>
  );
}

function Detail({ detail }: { readonly detail: ImageDetail }) {
  return (
    <Grid hasGutter>
      <GridItem xl={6}>
        <Section title="Image">
          <ImageFacts detail={detail} />
        </Section>
      </GridItem>
      <GridItem xl={6}>
        <Section title="State">
          <ImageState detail={detail} />
        </Section>
      </GridItem>
      <GridItem span={12}>
        <Card>
          <CardBody>
            <DetailTabs detail={detail} />
          </CardBody>
        </Card>
      </GridItem>
    </Grid>
  );
}

function DetailTabs({ detail }: { readonly detail: ImageDetail }) {
  const { tab = "findings" } = route.useSearch();
  const navigate = route.useNavigate();
  const may = useMay();
  const tabs: readonly { readonly key: typeof tab; readonly title: string; readonly content: ReactNode }[] = [
    { key: "findings", title: "Findings", content: <ImageFindings detail={detail} /> },
    { key: "packages", title: "Packages", content: <ImagePackages detail={detail} /> },
    { key: "secrets", title: "Secrets", content: <ImageSecrets detail={detail} /> },
    { key: "layers", title: "Layers", content: <ImageLayers detail={detail} /> },
    ...(may("containers.read") === undefined
      ? []
      : [{ key: "hosts" as const, title: "Where it is", content: <ImagePlaces detail={detail} /> }]),
    ...(may("launches.read") === undefined
      ? []
      : [{ key: "launches" as const, title: "Verdicts", content: <ImageLaunches detail={detail} /> }]),
  ];
  return (
    <Tabs
      activeKey={tab}
      mountOnEnter
      unmountOnExit
      aria-label="Parts of the image"
      onSelect={(_, key) => {
        const chosen = tabs.find((each) => each.key === key)?.key;
        void navigate({ search: { tab: chosen }, replace: true });
      }}
    >
      {tabs.map(({ key, title, content }) => (
        <Tab key={key} eventKey={key} title={<TabTitleText>{title}</TabTitleText>}>
          <div className="tab-content">{content}</div>
        </Tab>
      ))}
    </Tabs>
  );
}
