import type { Routing } from "@pratique/api";
import { parseRouting, type RoutingInput, type RoutingTable } from "@pratique/notify";

type Route = Routing["routes"][number];

/** Takes what a route sends to nobody: a route without channels keeps others from hearing of it. */
export const NOBODY = "(nobody)";

/** The label by which owners are told apart, so that nobody gets a message about what is another team's. */
const OWNER_LABEL = "team";
/** The longest that notifications are not repeated. */
const MAX_REPEAT_SECONDS = 7 * 86_400;
const MAX_NAME_LENGTH = 90;

/**
 * The table that holds for the routes of the console: in order, to the first that takes something and does not go on.
 * Where no routes were ever set, whatever is at least high goes to every channel. Throws NotifyError.
 */
export function routingTableOf(
  routes: readonly Route[] | undefined,
  channels: ReadonlySet<string>,
): RoutingTable {
  const input: RoutingInput =
    routes === undefined
      ? byDefault([...channels])
      : { routes: routes.map((route, at) => routeOf(route, at, channels)) };
  return parseRouting(input, new Set([...channels, NOBODY]));
}

function byDefault(channels: readonly string[]): RoutingInput {
  if (channels.length === 0) return {};
  return {
    routes: [
      { name: "everything", match: { atLeast: "high" }, to: channels.slice(0, 20), groupBy: [OWNER_LABEL] },
    ],
  };
}

function routeOf(
  route: Route,
  at: number,
  channels: ReadonlySet<string>,
): NonNullable<RoutingInput["routes"]>[number] {
  const { kinds, severity, groupSeconds } = route;
  const labels = Object.fromEntries(
    Object.entries(route.labels).filter(([, patterns]) => patterns.length > 0),
  );
  // A channel that was switched off or removed hears nothing, and the others go on hearing.
  const to = route.channels.filter((channel) => channels.has(channel));
  return {
    // Two routes may have one name for people; here the place keeps them apart.
    name: `${route.name.slice(0, MAX_NAME_LENGTH)} (${at + 1})`,
    match: {
      ...(kinds.length > 0 && { kinds }),
      ...(severity !== "info" && { atLeast: severity }),
      ...(Object.keys(labels).length > 0 && { labels }),
    },
    to: to.length > 0 ? to : [NOBODY],
    continue: route.goOn,
    groupBy: [OWNER_LABEL],
    timing: {
      waitSeconds: groupSeconds,
      intervalSeconds: groupSeconds,
      repeatSeconds: Math.min(route.repeatSeconds, MAX_REPEAT_SECONDS),
    },
  };
}
