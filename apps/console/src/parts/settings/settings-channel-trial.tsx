import { Button, List, ListItem, ModalBody, ModalFooter } from "@patternfly/react-core";
import { CheckCircleIcon } from "@patternfly/react-icons/dist/esm/icons/check-circle-icon.js";
import { TimesCircleIcon } from "@patternfly/react-icons/dist/esm/icons/times-circle-icon.js";
import { type Channel, listChannels, testChannel } from "@pratique/api";
import { ActOutcome } from "../act-outcome.tsx";
import { Alert } from "../alert.tsx";
import { Dialog } from "../dialog.tsx";
import "../documents/document.css";
import { useAct } from "../use-act.ts";

interface ChannelTrialProps {
  readonly channel: Channel;
  readonly onClose: () => void;
}

/** Sends a real message through a channel, and tells step by step what came of it. */
export function ChannelTrial({ channel, onClose }: ChannelTrialProps) {
  const trial = useAct(testChannel, { changes: [listChannels] });
  const result = trial.data?.kind === "done" ? trial.data.reply : undefined;
  return (
    <Dialog id="trial" title={`Try ${channel.name}`} onClose={onClose}>
      <ModalBody className="panel">
        <p>A real message is sent. Whoever reads the channel sees that it is a test.</p>
        <ActOutcome act={trial} />
        {result !== undefined && (
          <>
            <Alert
              isInline
              role="status"
              variant={result.delivered ? "success" : "danger"}
              title={result.delivered ? "The other side has taken it" : "It was not delivered"}
            />
            <List isPlain aria-label="Steps of the delivery">
              {result.steps.map(({ step, ok, detail }) => (
                <ListItem
                  key={step}
                  icon={
                    ok ? (
                      <CheckCircleIcon className="icon-good" title="done" />
                    ) : (
                      <TimesCircleIcon className="icon-bad" title="failed" />
                    )
                  }
                >
                  {step}
                  <div className="subtle break">{detail}</div>
                </ListItem>
              ))}
            </List>
          </>
        )}
      </ModalBody>
      <ModalFooter>
        <Button isLoading={trial.isPending} onClick={() => trial.run({ params: { channel: channel.id } })}>
          {result === undefined ? "Send a message" : "Send another"}
        </Button>
        <Button variant="link" onClick={onClose}>
          Close
        </Button>
      </ModalFooter>
    </Dialog>
  );
}
