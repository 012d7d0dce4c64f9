import { ActionGroup, Button, ModalBody, ModalFooter } from "@patternfly/react-core";
import { ArrowDownIcon } from "@patternfly/react-icons/dist/esm/icons/arrow-down-icon.js";
import { ArrowUpIcon } from "@patternfly/react-icons/dist/esm/icons/arrow-up-icon.js";
import { type Channel, listChannels, putRouting, type Routing, showRouting } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useMay } from "../../api/may.ts";
import { readQuery } from "../../api/queries.ts";
import { csvRows } from "../../text/csv.ts";
import { effectVerb } from "../../text/effect-verb.ts";
import { moveItem } from "../../text/move-item.ts";
import { ActOutcome } from "../act-outcome.tsx";
import { Alert } from "../alert.tsx";
import { Dialog } from "../dialog.tsx";
import { CsvHere } from "../lists/csv-here.tsx";
import { type Column, ListTable } from "../lists/list-table.tsx";
import { Read } from "../read.tsx";
import { useAct } from "../use-act.ts";
import { SettingsCard } from "./settings-card.tsx";
import { type Route, RouteForm } from "./settings-route-form.tsx";

interface Placed {
  readonly at: number;
  readonly route: Route;
}

/** Which notifications go where: routes in order, up to the first that takes one and does not let it go on. */
export function RoutingSection() {
  const routing = useQuery(readQuery(showRouting));
  const channels = useQuery(readQuery(listChannels));
  return (
    <Read query={channels} what="channels">
      {({ items }) => (
        <Read query={routing} what="routes">
          {(known) => <Table key={known.revision} routing={known} channels={items} />}
        </Read>
      )}
    </Read>
  );
}

function Table({ routing, channels }: { readonly routing: Routing; readonly channels: readonly Channel[] }) {
  const effect = useMay()("settings.write");
  const [routes, setRoutes] = useState<readonly Route[]>(routing.routes);
  const [edited, setEdited] = useState<number>();
  const put = useAct(putRouting, { changes: [showRouting] });
  const isChanged = routes !== routing.routes;
  const keep = (route: Route) => {
    setRoutes(
      edited === undefined || edited >= routes.length ? [...routes, route] : routes.with(edited, route),
    );
    setEdited(undefined);
  };
  const columns = columnsFor(channels, effect === undefined ? undefined : { routes, setRoutes, setEdited });
  const placed = routes.map((route, at) => ({ at, route }));
  const editedRoute = edited === undefined ? undefined : routes[edited];
  return (
    <SettingsCard title="Routing" add={{ label: "New route", onAdd: () => setEdited(routes.length) }}>
      {routes.length === 0 ? (
        <p>
          {routing.revision === "new"
            ? "No routes were set yet: whatever is at least high goes to every channel."
            : "There are no routes: nobody is told of anything."}
        </p>
      ) : (
        <CsvHere fileName="routes" rows={csvRows(placed, cellsFor(channels))}>
          <ListTable
            label="Routes, in the order in which they are tried"
            columns={columns}
            items={placed}
            keyOf={({ at, route }) => `${at} ${route.name}`}
          />
        </CsvHere>
      )}
      <ActOutcome act={put} done="The routes are saved" />
      {isChanged && (
        <>
          <Alert isInline variant="info" title="There are changes that are not saved yet" />
          <ActionGroup className="label-row">
            <Button
              isLoading={put.isPending}
              onClick={() => put.run({ body: { routes }, revision: routing.revision })}
            >
              {effectVerb(effect, "Save the routes")}
            </Button>
            <Button variant="link" onClick={() => setRoutes(routing.routes)}>
              Drop the changes
            </Button>
          </ActionGroup>
        </>
      )}
      {edited !== undefined && (
        <RouteForm
          channels={channels}
          onKeep={keep}
          onClose={() => setEdited(undefined)}
          {...(editedRoute !== undefined && { route: editedRoute })}
        />
      )}
    </SettingsCard>
  );
}

interface Editing {
  readonly routes: readonly Route[];
  readonly setRoutes: (routes: readonly Route[]) => void;
  readonly setEdited: (at: number) => void;
}

function columnsFor(channels: readonly Channel[], editing: Editing | undefined): readonly Column<Placed>[] {
  const columns: readonly Column<Placed>[] = [
    { label: "Order", cell: ({ at }) => at + 1 },
    { label: "Route", cell: ({ route }) => <span className="strong">{route.name}</span> },
    { label: "Takes", cell: ({ route }) => takesWords(route) },
    {
      label: "Goes to",
      cell: ({ route }) =>
        route.channels.length === 0 ? "nobody" : channelNames(route, channels).join(", "),
    },
    { label: "Then", cell: ({ route }) => (route.goOn ? "goes on" : "ends") },
  ];
  if (editing === undefined) return columns;
  return [...columns, { label: "Actions", cell: (placed) => <Actions placed={placed} editing={editing} /> }];
}

function cellsFor(channels: readonly Channel[]) {
  return {
    order: ({ at }: Placed) => at + 1,
    name: ({ route }: Placed) => route.name,
    takes: ({ route }: Placed) => takesWords(route),
    channels: ({ route }: Placed) => channelNames(route, channels).join(", "),
    goOn: ({ route }: Placed) => String(route.goOn),
  };
}

function channelNames(route: Route, channels: readonly Channel[]): readonly string[] {
  return route.channels.map((id) => channels.find((channel) => channel.id === id)?.name ?? id);
}

function Actions({ placed: { at, route }, editing }: { readonly placed: Placed; readonly editing: Editing }) {
  const { routes, setRoutes, setEdited } = editing;
  const [asks, setAsks] = useState(false);
  return (
    <span className="label-row">
      <Button
        variant="plain"
        icon={<ArrowUpIcon />}
        aria-label={`Try ${route.name} earlier`}
        isDisabled={at === 0}
        onClick={() => setRoutes(moveItem(routes, at, -1))}
      />
      <Button
        variant="plain"
        icon={<ArrowDownIcon />}
        aria-label={`Try ${route.name} later`}
        isDisabled={at === routes.length - 1}
        onClick={() => setRoutes(moveItem(routes, at, 1))}
      />
      <Button variant="secondary" size="sm" onClick={() => setEdited(at)}>
        Change
      </Button>
      <Button variant="secondary" isDanger size="sm" onClick={() => setAsks(true)}>
        Remove
      </Button>
      {asks && (
        <Dialog id="route-removal" title={`Remove ${route.name}?`} isGrave onClose={() => setAsks(false)}>
          <ModalBody>
            What it takes goes by the routes after it, and where there are none, to nobody. It is in force
            until the routes are saved.
          </ModalBody>
          <ModalFooter>
            <Button
              variant="danger"
              onClick={() => {
                setAsks(false);
                setRoutes(routes.toSpliced(at, 1));
              }}
            >
              Remove
            </Button>
            <Button variant="link" onClick={() => setAsks(false)}>
              Cancel
            </Button>
          </ModalFooter>
        </Dialog>
      )}
    </span>
  );
}

function takesWords({ kinds, severity, labels }: Route): string {
  const what = kinds.length === 0 ? "everything" : kinds.join(", ");
  const least = severity === "info" ? "" : `, at least ${severity}`;
  const whose = Object.entries(labels).map(([key, values]) => `, ${key} ${values.join(" or ")}`);
  return `${what}${least}${whose.join("")}`;
}
