import { Button, Popover } from "@patternfly/react-core";
import { OutlinedQuestionCircleIcon } from "@patternfly/react-icons/dist/esm/icons/outlined-question-circle-icon.js";

interface DefinitionProps {
  /** What is defined. */
  readonly of: string;
  readonly texts: readonly string[];
}

/** How something is counted, one click or key press away. */
export function Definition({ of, texts }: DefinitionProps) {
  return (
    <Popover
      headerContent={of}
      bodyContent={texts.map((text) => <p key={text}>{text}</p>)}
      aria-label={`Definition of ${of}`}
    >
      <Button variant="plain" aria-label={`Definition: ${of}`} icon={<OutlinedQuestionCircleIcon />} />
    </Popover>
  );
}
