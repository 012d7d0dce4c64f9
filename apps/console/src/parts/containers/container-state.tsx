import { Label } from "@patternfly/react-core";
import type { Container } from "@pratique/api";

const states = {
  created: { color: "grey", text: "Created" },
  running: { color: "green", text: "Running" },
  paused: { color: "blue", text: "Paused" },
  restarting: { color: "orange", text: "Restarting" },
  exited: { color: "grey", text: "Exited" },
  dead: { color: "red", text: "Dead" },
  removing: { color: "grey", text: "Being removed" },
} as const satisfies Record<Container["state"], object>;

/** The choices of a filter. */
export const stateOptions = Object.entries(states).map(([value, { text }]) => ({ value, text }));

/** What a container is doing, as its engine says. */
export function ContainerState({ state }: Pick<Container, "state">) {
  const { color, text } = states[state];
  return (
    <Label isCompact color={color}>
      {text}
    </Label>
  );
}
