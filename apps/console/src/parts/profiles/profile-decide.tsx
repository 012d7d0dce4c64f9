import { Button } from "@patternfly/react-core";
import { decideProfileItem, listProfiles, type ReplyOf, showProfile } from "@pratique/api";
import { useState } from "react";
import { useMay } from "../../api/may.ts";
import { ReasonDialog } from "../reason-dialog.tsx";
import { useAct } from "../use-act.ts";

type ProfileView = ReplyOf<typeof showProfile>;

const words = {
  accepted: { verb: "Accept", means: "It is known from then on, and not told any more." },
  rejected: { verb: "Reject", means: "It is never learned, and told in every mode." },
} as const;

interface ProfileDecideProps {
  readonly profile: ProfileView;
  /** The name of what is decided about. */
  readonly item: string;
}

/** Says yes or no to something that containers of an image do, for those who may. */
export function ProfileDecide({ profile: { host, image }, item }: ProfileDecideProps) {
  const may = useMay()("profiles.write");
  const [verdict, setVerdict] = useState<keyof typeof words>();
  const act = useAct(decideProfileItem, { changes: [listProfiles, showProfile] });
  if (may === undefined) return null;
  const close = () => {
    setVerdict(undefined);
    act.reset();
  };
  return (
    <span className="label-row">
      <Button variant="link" isInline aria-label={`Accept ${item}`} onClick={() => setVerdict("accepted")}>
        Accept
      </Button>
      <Button
        variant="link"
        isInline
        isDanger
        aria-label={`Reject ${item}`}
        onClick={() => setVerdict("rejected")}
      >
        Reject
      </Button>
      {verdict !== undefined && (
        <ReasonDialog
          title={`${words[verdict].verb} ${item}?`}
          verb={words[verdict].verb}
          act={act}
          needsApproval={may === "needs-approval"}
          onConfirm={(reason) => act.run({ params: { host, image }, body: { item, verdict, reason } })}
          onClose={close}
          done="The host's agent was told. It stands under decisions once it has done it."
        >
          <p>{`${words[verdict].means} It holds on ${host}.`}</p>
        </ReasonDialog>
      )}
    </span>
  );
}
