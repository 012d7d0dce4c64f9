import { Button } from "@patternfly/react-core";
import { DownloadIcon } from "@patternfly/react-icons/dist/esm/icons/download-icon.js";
import { exportAuditEntries } from "@pratique/api";
import { messageOf } from "@pratique/core";
import { useMutation } from "@tanstack/react-query";
import { readContent } from "../../api/call.ts";
import { saveFile } from "../lists/save-file.ts";
import type { ListAddress } from "../use-address.ts";

/** Saves the entries, as they are narrowed now, as lines that whoever has the log's key can verify without this server. */
export function AuditExport({ address }: { readonly address: ListAddress }) {
  const { cursor: _, page: __, limit: ___, ...query } = address;
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => saveFile(await readContent(exportAuditEntries, { query }), "audit.jsonl"),
  });
  return (
    <>
      <Button
        variant="secondary"
        icon={<DownloadIcon />}
        isLoading={isPending}
        isDisabled={isPending}
        onClick={() => mutate()}
      >
        Export with proofs
      </Button>
      <span role="alert" className="alarm">
        {error !== null && messageOf(error)}
      </span>
    </>
  );
}
