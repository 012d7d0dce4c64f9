/** A list with one advisory of each release line that there is. */
export const dsaList = `[12 Feb 2025] DSA-5865-1 webkit2gtk - security update
\t{CVE-2025-24143 CVE-2025-24150}
\t[bookworm] - webkit2gtk 2.46.6-1~deb12u1
\tNOTE: one build was late
[09 Feb 2025] DSA-5000-2 webkit2gtk - regression update
\t[bookworm] - webkit2gtk 2.46.6-1~deb12u2
[03 Jan 2010] DSA-1980-1 ircd-hybrid ircd-ratbox - security update
\t[squeeze] - ircd-hybrid <not-affected> (Vulnerable code not present)
\t[squeeze] - ircd-ratbox <end-of-life>
\t[lenny] - ircd-ratbox <unfixed>
\t[lenny] - ircd-hybrid 1:7.2.2 (medium)
`;

/** The tracker's form, with each status that there is. */
export const trackerJson = JSON.stringify({
  bash: {
    "CVE-2014-6271": {
      scope: "remote",
      description: "trailing strings after function definitions",
      releases: {
        bookworm: release("resolved", { fixed_version: "4.3-9.1", urgency: "high**" }),
        trixie: release("resolved", { fixed_version: "0", urgency: "unimportant" }),
      },
    },
    "CVE-2022-3715": {
      releases: {
        buster: release("open", { nodsa: "Minor issue", nodsa_reason: "ignored", urgency: "low" }),
        bullseye: release("open", { nodsa: "Minor issue", nodsa_reason: "postponed" }),
        bookworm: release("open", { nodsa: "Minor issue", nodsa_reason: "", urgency: "medium" }),
        trixie: release("open", { urgency: "end-of-life" }),
        forky: release("undetermined", { urgency: "not yet assigned" }),
        sid: release("open", { urgency: "unimportant" }),
      },
    },
  },
  zlib: {
    "CVE-2022-37434": { releases: { bookworm: release("resolved", { fixed_version: "1:1.2.11.dfsg-4.1" }) } },
  },
});

function release(status: string, more: Readonly<Record<string, string>>): object {
  return { status, repositories: { main: "1-1" }, ...more };
}

/** One record in the OSV schema. */
export function osvRecord(more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return {
    schema_version: "1.6.0",
    id: "GHSA-aaaa-bbbb-cccc",
    modified: "2024-01-01T00:00:00Z",
    published: "2023-01-01T00:00:00Z",
    aliases: ["CVE-2023-0001"],
    summary: "A name of a thing",
    details: "More words about the thing.",
    affected: [
      {
        package: { ecosystem: "npm", name: "left-pad" },
        ranges: [{ type: "SEMVER", events: [{ introduced: "0" }, { fixed: "1.3.1" }] }],
      },
    ],
    references: [{ type: "WEB", url: "https://example.com/thing" }],
    ...more,
  };
}

/** A record with one package and one of its own ranges. */
export function osvRange(events: readonly object[], more: Readonly<Record<string, unknown>> = {}): object {
  return osvRecord({
    affected: [
      { package: { ecosystem: "PyPI", name: "Left_Pad" }, ranges: [{ type: "ECOSYSTEM", events }], ...more },
    ],
  });
}
