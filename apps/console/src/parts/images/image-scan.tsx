import { Button } from "@patternfly/react-core";
import { scanImage, showImage } from "@pratique/api";
import { useMay } from "../../api/may.ts";
import { ActOutcome } from "../act-outcome.tsx";
import { Alert } from "../alert.tsx";
import type { ActState } from "../use-act.ts";
import { useAct } from "../use-act.ts";

type Scanning = ActState<{ readonly commandId: string; readonly host: string }>;

/** Has an image scanned again. */
export function useScan(): Scanning {
  return useAct(scanImage, { changes: [showImage] });
}

/** Has an image scanned again that lies on a host, for those who may. */
export function ScanButton({ imageId, scan }: { readonly imageId: string; readonly scan: Scanning }) {
  if (useMay()("images.scan") === undefined) return null;
  return (
    <Button
      variant="secondary"
      isLoading={scan.isPending}
      isDisabled={scan.isPending}
      onClick={() => scan.run({ params: { imageId } })}
    >
      Scan again
    </Button>
  );
}

/** What came of asking for a scan. */
export function ScanOutcome({ scan }: { readonly scan: Scanning }) {
  if (scan.data?.kind !== "done") return <ActOutcome act={scan} />;
  return (
    <Alert isInline variant="success" role="status" title={`${scan.data.reply.host} was told to scan it`}>
      The page changes by itself once the new report is here.
    </Alert>
  );
}
