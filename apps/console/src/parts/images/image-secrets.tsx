import { Label } from "@patternfly/react-core";
import { type ImageDetail, listImageSecrets } from "@pratique/api";
import { secretPlace } from "@pratique/core";
import { Link } from "@tanstack/react-router";
import { type ItemOf, listSource } from "../../api/list-source.ts";
import { useMay } from "../../api/may.ts";
import { shortDigest } from "../../text/format.ts";
import type { ListFilter } from "../lists/list-filters.tsx";
import { ListPanel } from "../lists/list-panel.tsx";
import type { Column } from "../lists/list-table.tsx";
import { SeverityLabel, severityOrWorse } from "../severity-label.tsx";
import { Empty } from "../states.tsx";
import { useListAddress } from "../use-address.ts";

type ImageSecret = ItemOf<typeof listImageSecrets>;

const places = { layer: "File", history: "History", environment: "Environment" } as const;

const filters: readonly ListFilter[] = [
  { kind: "search", name: "text", label: "Find secrets" },
  { kind: "choice", name: "severity", label: "Severity", anyText: "Any severity", options: severityOrWorse },
  {
    kind: "choice",
    name: "where",
    label: "Place",
    anyText: "Any place",
    options: Object.entries(places).map(([value, text]) => ({ value, text })),
  },
];

/** The credentials that lie in an image, where whoever may pull it can read them. */
export function ImageSecrets({ detail }: { readonly detail: ImageDetail }) {
  const { image, secrets } = detail;
  const [address, change] = useListAddress(listImageSecrets);
  const mayAsk = useMay()("exceptions.grant") !== undefined;
  if (secrets === undefined) {
    return (
      <Empty
        title="Nobody has looked for secrets in it"
        command={`pratique image scan --scanners vuln,secret ${image.reference}`}
      >
        Hosts look for them where a policy has a rule about secrets, and registries where they are set up to.
        This tells them on a command line.
      </Empty>
    );
  }
  return (
    <ListPanel
      label="Secrets"
      source={listSource(listImageSecrets, { params: { imageId: image.imageId } })}
      address={address}
      onAddress={change}
      columns={columnsFor(image.imageId, mayAsk)}
      filters={filters}
      keyOf={({ rule, where, path, line, layer, fingerprint }) =>
        [rule, where, path, line, layer, fingerprint].join(" ")
      }
      empty={<p>No secret was found in it.</p>}
    />
  );
}

function columnsFor(imageId: string, mayAsk: boolean): readonly Column<ImageSecret>[] {
  return [
    {
      label: "Secret",
      cell: ({ title, match, suppressed, confidence }) => (
        <>
          <span className="label-row">
            <span className="strong">{title}</span>
            {suppressed !== undefined && <Label isCompact>{`suppressed by ${suppressed.by}`}</Label>}
            {confidence === "low" && <Label isCompact>uncertain</Label>}
          </span>
          <div>
            <code className="break">{match}</code>
          </div>
        </>
      ),
    },
    { label: "Severity", cell: ({ severity }) => <SeverityLabel severity={severity} /> },
    {
      label: "Place",
      cell: (secret) => (
        <>
          <span className="break">{secretPlace(secret)}</span>
          {secret.deleted === true && (
            <div className="subtle">deleted by a later layer, and still in the image</div>
          )}
        </>
      ),
    },
    {
      label: "Layer",
      cell: ({ layer }) => (layer === undefined ? "" : <code title={layer}>{shortDigest(layer)}</code>),
    },
    ...(mayAsk
      ? [
          {
            label: "Exception",
            cell: ({ fingerprint, title }: ImageSecret) => (
              <Link
                to="/exceptions/new"
                search={{ secret: fingerprint, digest: imageId }}
                aria-label={`Request an exception for ${title}`}
              >
                Request
              </Link>
            ),
          },
        ]
      : []),
  ];
}
