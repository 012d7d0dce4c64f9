import { listDetections, showDetectionTimeline } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { listQuery, listSource } from "../../api/list-source.ts";
import { readQuery } from "../../api/queries.ts";
import { sumOf } from "../../text/detection-buckets.ts";
import { urgentIn } from "../../text/priorities.ts";
import { detectionColumns } from "../detections/detection-columns.tsx";
import { PriorityCounts } from "../detections/priority-label.tsx";
import { ListTable } from "../lists/list-table.tsx";
import { Read } from "../read.tsx";
import { Section } from "../section.tsx";
import { Empty } from "../states.tsx";

const SHOWN = 5;
const HOURS = 24;
const urgent = listSource(listDetections, { query: { priority: "critical" } });

/** What was detected in the last day by priority, and the newest that somebody should look at. */
export function OverviewDetections() {
  const timeline = useQuery(readQuery(showDetectionTimeline, { query: { hours: HOURS } }));
  return (
    <Section title="Detections in the last 24 hours" aside={<Link to="/detections">All detections</Link>}>
      <Read query={timeline} what="detections">
        {({ since, hours }) => {
          const counts = sumOf(hours.map((hour) => hour.counts));
          if (hours.length === 0) {
            return (
              <Empty title="Nothing was detected" command="pratique selftest">
                This tries harmless attacks on a host, and shows what is detected there.
              </Empty>
            );
          }
          return (
            <div className="panel">
              <PriorityCounts counts={counts} />
              {urgentIn(counts) === 0 ? (
                <p className="subtle">None of them is urgent.</p>
              ) : (
                <NewestUrgent since={since} />
              )}
            </div>
          );
        }}
      </Read>
    </Section>
  );
}

function NewestUrgent({ since }: { readonly since: string }) {
  // The hour, so that what is asked for is the same for a while.
  const from = `${since.slice(0, 13)}:00:00.000Z`;
  const page = useQuery(listQuery(urgent, { from, limit: SHOWN }));
  return (
    <Read query={page} what="urgent detections">
      {({ items }) => (
        <ListTable
          label="Newest urgent detections"
          columns={detectionColumns}
          items={items}
          keyOf={({ id }) => id}
        />
      )}
    </Read>
  );
}
