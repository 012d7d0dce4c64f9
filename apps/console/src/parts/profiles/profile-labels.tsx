import { Label } from "@patternfly/react-core";
import { BanIcon } from "@patternfly/react-icons/dist/esm/icons/ban-icon.js";
import { EyeIcon } from "@patternfly/react-icons/dist/esm/icons/eye-icon.js";
import { GraduationCapIcon } from "@patternfly/react-icons/dist/esm/icons/graduation-cap-icon.js";
import type { ProfileEntry } from "@pratique/api";
import { RelativeTime } from "../relative-time.tsx";

const modes = {
  learn: { color: "purple", icon: <GraduationCapIcon />, text: "Learns" },
  watch: { color: "blue", icon: <EyeIcon />, text: "Watches" },
  enforce: { color: "green", icon: <BanIcon />, text: "Enforces" },
} as const satisfies Record<ProfileEntry["mode"], object>;

/** The choices of a filter. */
export const modeOptions = Object.entries(modes).map(([value, { text }]) => ({ value, text }));

/** What is done with a profile now. */
export function ModeLabel({ mode }: Pick<ProfileEntry, "mode">) {
  const { color, icon, text } = modes[mode];
  return (
    <Label isCompact color={color} icon={icon}>
      {text}
    </Label>
  );
}

/** When a profile goes on by itself, or why it does not. */
export function GoesOn({ profile: { until, waitsFor } }: { readonly profile: ProfileEntry }) {
  if (until !== null && waitsFor === "") {
    return (
      <span className="subtle">
        goes on <RelativeTime time={until} />
      </span>
    );
  }
  return <span className="subtle break">{waitsFor === "" ? "stays so" : `waits for ${waitsFor}`}</span>;
}
