import { formatTime, shortDigest } from "../../text/format.ts";
import type { ListFilter } from "../lists/list-filters.tsx";
import { severityOrWorse } from "../severity-label.tsx";

/** What the findings of the fleet can be narrowed to, one by one or by vulnerability. */
export const findingFilters: readonly ListFilter[] = [
  { kind: "search", name: "text", label: "Find by CVE or package" },
  { kind: "choice", name: "severity", label: "Severity", anyText: "Any severity", options: severityOrWorse },
  { kind: "switch", name: "fixable", label: "With a fix" },
  { kind: "switch", name: "knownExploited", label: "Exploited" },
  { kind: "switch", name: "running", label: "Running" },
  { kind: "given", name: "imageId", label: "Image", show: shortDigest },
  {
    kind: "given",
    name: "firstSeenAfter",
    label: "First seen after",
    show: formatTime,
  },
];
