import { type AlertProps, Alert as PatternFlyAlert } from "@patternfly/react-core";

/** PatternFly's alert, whose title is no heading: it comes and goes wherever there is something to tell. */
export function Alert(props: AlertProps) {
  return <PatternFlyAlert component="p" {...props} />;
}
