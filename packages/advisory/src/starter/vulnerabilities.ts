import type { StarterVulnerability } from "./expand.ts";

/** The day on which these facts were last gone over. */
export const STARTER_DATE = "2026-11-25T00:00:00.000Z";

/** Famous vulnerabilities that images still carry. */
export const starterVulnerabilities: readonly StarterVulnerability[] = [
  {
    id: "CVE-2021-44228",
    title: "Log4Shell: Log4j runs code that a logged text names",
    severity: "critical",
    knownExploited: true,
    debian: {
      "apache-log4j2": {
        "10": "2.15.0-1~deb10u1",
        "11": "2.15.0-1~deb11u1",
        "12": "2.15.0-1",
        "13": "2.15.0-1",
      },
    },
  },
];
