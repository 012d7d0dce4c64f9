import { ClipboardCopy, FormGroup, Switch } from "@patternfly/react-core";
import { pushPathOf, type Registry } from "@pratique/api";
import type { ReactNode } from "react";

interface Hook {
  /** Where it is set up, and how the secret goes with it. */
  readonly words: string;
  /** It signs nothing and sends no header: the secret stands in the address. */
  readonly isInAddress?: true;
}

const hooks: Readonly<Record<Exclude<Registry["kind"], "google">, Hook>> = {
  distribution: {
    words:
      "It belongs into notifications.endpoints of the registry's configuration, with the header Authorization: Bearer SECRET.",
  },
  gitlab: {
    words:
      "It belongs into the notifications of the configuration of GitLab's registry, with the header X-Gitlab-Token: SECRET or Authorization: Bearer SECRET.",
  },
  harbor: {
    words:
      "Make a webhook of the project for the event “Artifact pushed”, in the default format, with the secret as its auth header.",
  },
  "docker-hub": {
    words: "Make a webhook of the repository. The secret stands in the address, in the place of SECRET.",
    isInAddress: true,
  },
  quay: {
    words:
      "Make a notification of the repository for “Push to Repository”, as a webhook. The secret stands in the address, in the place of SECRET.",
    isInAddress: true,
  },
  ghcr: {
    words:
      "Make a webhook of the organisation for the event “Packages”, as JSON, with the secret as its secret: it signs what it sends.",
  },
  acr: {
    words:
      "Make a webhook of the registry for the action “push”, with the custom header Authorization: Bearer SECRET.",
  },
  ecr: {
    words:
      "Make a rule of EventBridge for “ECR Image Action” with an API destination, with the secret as its API key x-api-key.",
  },
};

interface RegistryPushesProps {
  readonly kind: Registry["kind"];
  /** The id of the registry; empty where it has none yet. */
  readonly id: string;
  /** Whether it is to tell of pushes. */
  readonly hears: boolean;
  readonly onHear: (hears: boolean) => void;
  /** The field of its secret. */
  readonly children: ReactNode;
}

/** Has a registry tell of pushes: the address that it is given, its secret, and what each kind wants besides. */
export function RegistryPushes({ kind, id, hears, onHear, children }: RegistryPushesProps) {
  if (kind === "google") {
    return (
      <p>
        Google's registries tell of pushes by Pub/Sub, which is not heard: they are listed as often as you
        say.
      </p>
    );
  }
  return (
    <>
      <Switch
        id="registry-pushes"
        label="It tells of pushes, and what was pushed is read at once"
        isChecked={hears}
        onChange={(_, next) => onHear(next)}
      />
      {hears && children}
      {hears && id !== "" && <Address kind={kind} id={id} />}
    </>
  );
}

function Address({ kind, id }: { readonly kind: keyof typeof hooks; readonly id: string }) {
  const { words, isInAddress } = hooks[kind];
  const secret = isInAddress === true ? "?token=SECRET" : "";
  return (
    <FormGroup label="Address to register there">
      <ClipboardCopy isReadOnly hoverTip="Copy" clickTip="Copied" textAriaLabel="Address to register there">
        {`${window.location.origin}${pushPathOf(id)}${secret}`}
      </ClipboardCopy>
      <p className="subtle break">{words}</p>
    </FormGroup>
  );
}
