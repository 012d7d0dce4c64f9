import { Button } from "@patternfly/react-core";
import { formatCount } from "../text/format.ts";

interface MoreProps {
  readonly shown: number;
  readonly total: number;
  readonly noun: string;
  readonly plural?: string;
  readonly isLoading: boolean;
  readonly onMore: () => void;
}

/** How many items of a list are shown, and a way to the others. */
export function More({ shown, total, noun, plural = `${noun}s`, isLoading, onMore }: MoreProps) {
  return (
    <div className="more">
      <span className="subtle" role="status">
        {shown < total ? `${shown.toLocaleString("en")} of ` : ""}
        {formatCount(total, noun, plural)}
      </span>
      {shown < total && (
        <Button variant="secondary" size="sm" isLoading={isLoading} onClick={onMore}>
          Show more
        </Button>
      )}
    </div>
  );
}
