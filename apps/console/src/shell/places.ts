import type { Permission } from "@pratique/core";

/** A place that the navigation leads to. */
interface Place {
  readonly to: string;
  readonly label: string;
  /** Pressed after `g`. */
  readonly key: string;
  /** One of these has to be held; none where anybody who is signed in may go there. */
  readonly needs: readonly Permission[];
}

interface PlaceGroup {
  readonly title: string;
  readonly places: readonly Place[];
}

/** Where one can go, in the order of the navigation. */
export const placeGroups = [
  {
    title: "Fleet",
    places: [
      { to: "/", label: "Overview", key: "o", needs: ["overview.read"] },
      { to: "/images", label: "Images", key: "i", needs: ["images.read"] },
      { to: "/containers", label: "Containers", key: "c", needs: ["containers.read"] },
      { to: "/hosts", label: "Hosts", key: "h", needs: ["hosts.read"] },
      { to: "/findings", label: "Findings", key: "f", needs: ["findings.read"] },
      { to: "/registries", label: "Registries", key: "q", needs: ["registries.read"] },
      { to: "/statistics", label: "Statistics", key: "t", needs: ["images.read"] },
    ],
  },
  {
    title: "Runtime",
    places: [
      { to: "/detections", label: "Detections", key: "d", needs: ["detections.read"] },
      { to: "/rules", label: "Rules", key: "r", needs: ["rules.read"] },
      { to: "/profiles", label: "Profiles", key: "b", needs: ["runtime.read"] },
      { to: "/network", label: "Network", key: "n", needs: ["runtime.read"] },
    ],
  },
  {
    title: "Decisions",
    places: [
      { to: "/launches", label: "Launches", key: "l", needs: ["launches.read"] },
      { to: "/policies", label: "Policies", key: "p", needs: ["policies.read"] },
      { to: "/exceptions", label: "Exceptions", key: "e", needs: ["exceptions.read"] },
      { to: "/approvals", label: "Approvals", key: "a", needs: [] },
    ],
  },
  {
    title: "Administration",
    places: [
      { to: "/audit", label: "Audit", key: "u", needs: ["audit.read"] },
      { to: "/access", label: "Access", key: "x", needs: ["accounts.read", "roles.read", "tokens.read"] },
      { to: "/settings", label: "Settings", key: "s", needs: ["settings.read"] },
      { to: "/health", label: "Health", key: "y", needs: ["health.read"] },
    ],
  },
] as const satisfies readonly PlaceGroup[];

/** All of them, in one list. */
export const places = placeGroups.flatMap((group) => [...group.places]);
