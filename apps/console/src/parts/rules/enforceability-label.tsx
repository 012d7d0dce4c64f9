import { Label } from "@patternfly/react-core";
import { BanIcon } from "@patternfly/react-icons/dist/esm/icons/ban-icon.js";
import { EyeIcon } from "@patternfly/react-icons/dist/esm/icons/eye-icon.js";
import { MinusCircleIcon } from "@patternfly/react-icons/dist/esm/icons/minus-circle-icon.js";
import { PowerOffIcon } from "@patternfly/react-icons/dist/esm/icons/power-off-icon.js";
import type { Enforceability } from "@pratique/core";

const looks = {
  prevents: { color: "green", icon: <BanIcon />, text: "Prevents" },
  kills: { color: "teal", icon: <PowerOffIcon />, text: "Kills" },
  detects: { color: "blue", icon: <EyeIcon />, text: "Detects" },
  off: { color: "grey", icon: <MinusCircleIcon />, text: "Off" },
} as const satisfies Record<Enforceability, object>;

/** The choices of a filter. */
export const enforceabilityOptions = (["prevents", "kills", "detects", "off"] as const).map((value) => ({
  value,
  text: looks[value].text,
}));

interface EnforceabilityLabelProps {
  readonly how: Enforceability;
  /** Of what it is so: `3 of 5 hosts`. */
  readonly of?: string;
}

/** What a host can do about what a rule detects. */
export function EnforceabilityLabel({ how, of }: EnforceabilityLabelProps) {
  const { color, icon, text } = looks[how];
  return (
    <Label isCompact color={color} icon={icon}>
      {of === undefined ? text : `${text}: ${of}`}
    </Label>
  );
}
