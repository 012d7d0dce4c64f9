import { Button, FormGroup, Radio, Switch } from "@patternfly/react-core";
import { listProfiles, type ReplyOf, setProfileMode, showProfile } from "@pratique/api";
import { useState } from "react";
import { useMay } from "../../api/may.ts";
import { hoursIn, hoursText, profileName } from "../../text/profile-words.ts";
import { FormField } from "../form-field.tsx";
import { ReasonDialog } from "../reason-dialog.tsx";
import { useAct } from "../use-act.ts";

type ProfileView = ReplyOf<typeof showProfile>;

const choices = [
  { value: "learn", text: "Learn on", means: "What is seen is learned. The time begins now." },
  {
    value: "afresh",
    text: "Learn afresh",
    means: "What was learned is forgotten, and what people said of it is not. The time begins now.",
  },
  { value: "watch", text: "Watch", means: "What is new is told." },
  {
    value: "enforce",
    text: "Enforce",
    means: "What is new is told, and programs that are neither in the image nor learned are killed.",
  },
] as const;
type Choice = (typeof choices)[number]["value"];

/** Changes how a host goes on with a profile, for those who may. */
export function ProfileMode({ profile }: { readonly profile: ProfileView }) {
  const may = useMay()("profiles.write");
  const [open, setOpen] = useState(false);
  if (may === undefined) return null;
  return (
    <>
      <Button variant="secondary" onClick={() => setOpen(true)}>
        Change the mode
      </Button>
      {open && (
        <ModeDialog
          profile={profile}
          needsApproval={may === "needs-approval"}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}

interface ModeDialogProps {
  readonly profile: ProfileView;
  readonly needsApproval: boolean;
  readonly onClose: () => void;
}

function ModeDialog({ profile, needsApproval, onClose }: ModeDialogProps) {
  const { host, image, settings } = profile;
  const [choice, setChoice] = useState<Choice>(profile.mode === "learn" ? "watch" : "learn");
  const [learnFor, setLearnFor] = useState(hoursText(settings.learnMs));
  const [watchFor, setWatchFor] = useState(hoursText(settings.watchMs));
  const [goesOn, setGoesOn] = useState(settings.afterWatch === "enforce");
  const act = useAct(setProfileMode, { changes: [listProfiles, showProfile] });
  const [learnMs, watchMs] = [hoursIn(learnFor), hoursIn(watchFor)];
  const learns = choice === "learn" || choice === "afresh";
  const confirm = (reason: string) => {
    if (learnMs === undefined || watchMs === undefined) return;
    const body = {
      mode: choice === "afresh" ? "learn" : choice,
      ...(choice === "afresh" && { afresh: true }),
      ...(learns && { learnMs }),
      ...(choice !== "enforce" && { watchMs, afterWatch: goesOn ? "enforce" : "stay" }),
      reason,
    };
    act.run({ params: { host, image }, body });
  };
  return (
    <ReasonDialog
      title={`How does ${host} go on with ${profileName(profile)}?`}
      verb="Change it"
      act={act}
      isReady={learnMs !== undefined && watchMs !== undefined}
      needsApproval={needsApproval}
      onConfirm={confirm}
      onClose={onClose}
      done="The host's agent was told. The mode changes here once it has done it."
    >
      <div className="panel">
        <FormGroup role="radiogroup" label="Mode" fieldId="profile-mode">
          {choices.map(({ value, text, means }) => (
            <Radio
              key={value}
              id={`profile-mode-${value}`}
              name="profile-mode"
              label={text}
              description={means}
              isChecked={choice === value}
              onChange={() => setChoice(value)}
            />
          ))}
        </FormGroup>
        {learns && (
          <FormField
            id="profile-learn-for"
            label="Learn for, in hours"
            value={learnFor}
            onChange={setLearnFor}
            fault={learnMs === undefined ? "Expected hours" : undefined}
          />
        )}
        {choice !== "enforce" && (
          <>
            <FormField
              id="profile-watch-for"
              label="Then watch for, in hours"
              value={watchFor}
              onChange={setWatchFor}
              fault={watchMs === undefined ? "Expected hours" : undefined}
            />
            <Switch
              id="profile-then"
              label="Enforce after that, once nothing new is open"
              isChecked={goesOn}
              onChange={(_, on) => setGoesOn(on)}
            />
          </>
        )}
      </div>
    </ReasonDialog>
  );
}
