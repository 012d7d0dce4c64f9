import { Grid, GridItem, PageSection } from "@patternfly/react-core";
import { type ReplyOf, showDetection } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { readQuery } from "../api/queries.ts";
import { DetectionActs } from "../parts/detections/detection-acts.tsx";
import { DetectionReview } from "../parts/detections/detection-review.tsx";
import {
  DetectionFields,
  DetectionMatch,
  DetectionProcesses,
  DetectionRule,
  DetectionStory,
} from "../parts/detections/detection-story.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Read } from "../parts/read.tsx";
import { ResponseEvents } from "../parts/responses/response-events.tsx";
import { Section } from "../parts/section.tsx";

const route = getRouteApi("/app/detections/$detectionId");

/** One detection as a story: what happened, why the rule holds it for wrong, who did it, and what was done about it. */
export function DetectionPage() {
  const { detectionId } = route.useParams();
  const detection = useQuery(readQuery(showDetection, { params: { detectionId } }));
  return (
    <>
      <PageHead
        title={detection.data?.detection.rule ?? "Detection"}
        parent={{ to: "/detections", label: "Detections" }}
        actions={detection.data !== undefined && <DetectionActs detection={detection.data.detection} />}
      />
      <PageSection isFilled>
        <Read query={detection} what="the detection">
          {(known) => <Detail {...known} />}
        </Read>
      </PageSection>
    </>
  );
}

function Detail({ detection, responses }: ReplyOf<typeof showDetection>) {
  return (
    <Grid hasGutter>
      <GridItem xl={7}>
        <Section title="What happened">
          <DetectionStory detection={detection} />
        </Section>
      </GridItem>
      <GridItem xl={5}>
        <Section title="What the rule means">
          <DetectionRule detection={detection} />
        </Section>
      </GridItem>
      <GridItem span={12}>
        <Section title="Who did it">
          <DetectionProcesses detection={detection} />
        </Section>
      </GridItem>
      <GridItem xl={7}>
        <Section title="Why it matched">
          <DetectionMatch detection={detection} />
        </Section>
      </GridItem>
      <GridItem xl={5}>
        <Section title="What was done about it">
          {responses.length === 0 ? (
            <p className="subtle">
              Nothing beyond what the outcome says. A rule that acts, or a response, would be told here.
            </p>
          ) : (
            <ResponseEvents responses={responses} />
          )}
        </Section>
      </GridItem>
      <GridItem span={12}>
        <DetectionReview detection={detection} />
      </GridItem>
      <GridItem span={12}>
        <Section title="Fields and record">
          <DetectionFields detection={detection} />
        </Section>
      </GridItem>
    </Grid>
  );
}
