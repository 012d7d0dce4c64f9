import { Button } from "@patternfly/react-core";
import { DownloadIcon } from "@patternfly/react-icons/dist/esm/icons/download-icon.js";
import type { Endpoint } from "@pratique/api";
import { messageOf } from "@pratique/core";
import { useMutation } from "@tanstack/react-query";
import { type CallInput, readCsv } from "../../api/call.ts";
import { saveFile } from "./save-file.ts";

interface CsvButtonProps {
  readonly endpoint: Endpoint;
  readonly input: CallInput;
  /** Without its ending. */
  readonly fileName: string;
}

/** Saves the whole list, as it is narrowed now, as a file of comma-separated values. */
export function CsvButton({ endpoint, input, fileName }: CsvButtonProps) {
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => saveFile(await readCsv(endpoint, input), `${fileName}.csv`),
  });
  return (
    <>
      <Button
        variant="link"
        icon={<DownloadIcon />}
        isLoading={isPending}
        isDisabled={isPending}
        onClick={() => mutate()}
      >
        CSV
      </Button>
      <span role="alert" className="alarm">
        {error !== null && messageOf(error)}
      </span>
    </>
  );
}
