import {
  Button,
  Checkbox,
  Form,
  FormGroup,
  FormSelect,
  FormSelectOption,
  ModalBody,
  ModalFooter,
  Switch,
} from "@patternfly/react-core";
import type { Channel, Routing } from "@pratique/api";
import { type FormEvent, useState } from "react";
import { splitPatterns } from "../../text/scope-words.ts";
import { Dialog } from "../dialog.tsx";
import "../access/access.css";
import { FormField } from "../form-field.tsx";

export type Route = Routing["routes"][number];

const FORM = "route-form";
const severities = ["critical", "high", "medium", "low", "info"] as const;

/** What is told of. Others can be named by a pattern. */
const kinds = [
  "launch.denied",
  "launch.observed",
  "detection.raised",
  "response.failed",
  "finding.new",
  "finding.affected",
  "approval.requested",
  "approval.decided",
  "agent.silent",
  "agent.cloned",
  "gate.down",
  "policy.error",
  "audit.problem",
  "delivery.failing",
  "host.joined",
  "host.revoked",
] as const;

const newRoute: Route = {
  name: "",
  kinds: [],
  severity: "high",
  labels: {},
  channels: [],
  goOn: false,
  groupSeconds: 30,
  repeatSeconds: 14_400,
};

interface RouteFormProps {
  /** Absent: a new one. */
  readonly route?: Route;
  readonly channels: readonly Channel[];
  readonly onKeep: (route: Route) => void;
  readonly onClose: () => void;
}

/** Says which notifications a route takes, and where they go. It counts once the whole table is saved. */
export function RouteForm({ route = newRoute, channels, onKeep, onClose }: RouteFormProps) {
  const [draft, setDraft] = useState(route);
  const [team, setTeam] = useState((route.labels.team ?? []).join(", "));
  const change = (part: Partial<Route>) => setDraft({ ...draft, ...part });
  const ready = draft.name.trim() !== "" && draft.repeatSeconds >= 60 && draft.groupSeconds >= 0;
  const keep = (event: FormEvent) => {
    event.preventDefault();
    const { team: _, ...others } = draft.labels;
    const teams = splitPatterns(team);
    if (ready) onKeep({ ...draft, labels: teams.length === 0 ? others : { ...others, team: [...teams] } });
  };
  return (
    <Dialog id="route" size="medium" title={route.name === "" ? "New route" : route.name} onClose={onClose}>
      <ModalBody tabIndex={0} aria-label="Fields of the route">
        <Form id={FORM} onSubmit={keep}>
          <FormField
            id="route-name"
            label="Name"
            value={draft.name}
            onChange={(name) => change({ name })}
            isRequired
          />
          <Several
            label="What"
            help="None chosen: everything."
            options={kinds.map((kind) => ({ value: kind, text: kind }))}
            chosen={draft.kinds}
            onChange={(chosen) => change({ kinds: [...chosen] })}
          />
          <FormGroup label="At least as severe as" fieldId="route-severity">
            <FormSelect
              id="route-severity"
              value={draft.severity}
              onChange={(_, next) =>
                change({ severity: severities.find((each) => each === next) ?? draft.severity })
              }
            >
              {severities.map((severity) => (
                <FormSelectOption key={severity} value={severity} label={severity} />
              ))}
            </FormSelect>
          </FormGroup>
          <FormField
            id="route-team"
            label="Teams"
            value={team}
            onChange={setTeam}
            help="Values of the label team of the host or the image; empty: all."
          />
          <Several
            label="Goes to"
            help="None chosen: to nobody, and no later route hears of it."
            options={channels.map(({ id, name }) => ({ value: id, text: name }))}
            chosen={draft.channels}
            onChange={(chosen) => change({ channels: [...chosen] })}
          />
          <Switch
            id="route-go-on"
            label="Later routes hear of it as well"
            isChecked={draft.goOn}
            onChange={(_, goOn) => change({ goOn })}
          />
          <FormField
            id="route-group"
            label="Seconds that similar ones are collected for"
            type="number"
            min={0}
            value={String(draft.groupSeconds)}
            onChange={(seconds) => change({ groupSeconds: Math.trunc(Number(seconds)) })}
          />
          <FormField
            id="route-repeat"
            label="Seconds before the same is told again"
            type="number"
            min={60}
            value={String(draft.repeatSeconds)}
            onChange={(seconds) => change({ repeatSeconds: Math.trunc(Number(seconds)) })}
          />
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form={FORM} isDisabled={!ready}>
          Keep
        </Button>
        <Button variant="link" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </Dialog>
  );
}

interface SeveralProps {
  readonly label: string;
  readonly help: string;
  readonly options: readonly { readonly value: string; readonly text: string }[];
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
}

function Several({ label, help, options, chosen, onChange }: SeveralProps) {
  return (
    <FormGroup role="group" label={label} isStack={false} fieldId={`route-${label}`}>
      <p className="subtle">{help}</p>
      <div className="permission-grid">
        {options.map(({ value, text }) => (
          <Checkbox
            key={value}
            id={`route-${value}`}
            label={text}
            isChecked={chosen.includes(value)}
            onChange={(_, on) =>
              onChange(on ? [...chosen, value] : chosen.filter((other) => other !== value))
            }
          />
        ))}
      </div>
    </FormGroup>
  );
}
