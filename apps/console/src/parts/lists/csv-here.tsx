import { Button } from "@patternfly/react-core";
import { DownloadIcon } from "@patternfly/react-icons/dist/esm/icons/download-icon.js";
import type { ReactNode } from "react";
import { csvOf } from "../../text/csv.ts";
import { saveFile } from "./save-file.ts";

interface CsvHereProps {
  /** The names of the columns, then the rows. */
  readonly rows: readonly (readonly (string | number)[])[];
  /** Without its ending. */
  readonly fileName: string;
  readonly children: ReactNode;
}

/** A table that the server does not write as CSV: what is on the page is saved. */
export function CsvHere({ rows, fileName, children }: CsvHereProps) {
  return (
    <>
      <div className="csv-above">
        <Button
          variant="link"
          icon={<DownloadIcon />}
          aria-label={`CSV of ${fileName.replaceAll("-", " ")}`}
          onClick={() => saveFile(new Blob([csvOf(rows)], { type: "text/csv" }), `${fileName}.csv`)}
        >
          CSV
        </Button>
      </div>
      {children}
    </>
  );
}
