import { createSignInLink, putHost, putImage, putRecords, showAcknowledged } from "./agent.ts";
import type { Endpoint } from "./endpoint.ts";
import { streamEvents } from "./events.ts";
import { showLiveness, showReadiness } from "./health.ts";
import { showHost } from "./host.ts";
import { listImages, showImage } from "./images.ts";
import { listLaunches, showLaunch } from "./launches.ts";
import { showOverview } from "./overview.ts";
import { showSession, signIn, signOut } from "./session.ts";

/** What the console's listener answers. Sorted by path, then method. */
export const publicEndpoints: readonly Endpoint[] = [
  streamEvents,
  showHost,
  listImages,
  showImage,
  listLaunches,
  showLaunch,
  showOverview,
  signOut,
  showSession,
  signIn,
  showLiveness,
  showReadiness,
];

/** What the agent's socket answers. Sorted by path, then method. */
export const agentEndpoints: readonly Endpoint[] = [
  showAcknowledged,
  putHost,
  putImage,
  putRecords,
  createSignInLink,
];
