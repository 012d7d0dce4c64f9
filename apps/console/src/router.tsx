import { listImages, listLaunches, signIn } from "@pratique/api";
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { z } from "zod";
import { call } from "./api/call.ts";
import { CallError } from "./api/call-error.ts";
import { sessionQuery } from "./api/queries.ts";
import { HostPage } from "./pages/host-page.tsx";
import { ImagePage } from "./pages/image-page.tsx";
import { ImagesPage } from "./pages/images-page.tsx";
import { LaunchesPage } from "./pages/launches-page.tsx";
import { FailedPage, LostPage } from "./pages/lost-page.tsx";
import { OverviewPage } from "./pages/overview-page.tsx";
import { refusals, SignInPage } from "./pages/sign-in-page.tsx";
import { AppShell } from "./shell/app-shell.tsx";

interface RouterContext {
  readonly client: QueryClient;
}

const root = createRootRouteWithContext<RouterContext>()({
  component: Outlet,
  notFoundComponent: LostPage,
  errorComponent: ({ error }) => <FailedPage error={error} />,
});

/** Everything that only somebody who is signed in may see. */
const app = createRoute({
  getParentRoute: () => root,
  id: "app",
  component: AppShell,
  beforeLoad: async ({ context }) => {
    try {
      await context.client.ensureQueryData(sessionQuery);
    } catch (thrown) {
      if (thrown instanceof CallError && thrown.code === "NOT_SIGNED_IN") throw redirect({ to: "/signin" });
      throw thrown;
    }
  },
});

const overview = createRoute({ getParentRoute: () => app, path: "/", component: OverviewPage });

const imageFilter = listImages.query.omit({ cursor: true, limit: true }).partial();
const launchFilter = listLaunches.query.omit({ cursor: true, limit: true, imageId: true }).partial();

const images = createRoute({
  getParentRoute: () => app,
  path: "/images",
  component: ImagesPage,
  validateSearch: (search) => lenient(imageFilter, search),
});

const image = createRoute({
  getParentRoute: () => app,
  path: "/images/$imageId",
  component: function Image() {
    return <ImagePage imageId={image.useParams().imageId} />;
  },
});

const launches = createRoute({
  getParentRoute: () => app,
  path: "/launches",
  component: Outlet,
  validateSearch: (search) => lenient(launchFilter, search),
});

const launchList = createRoute({
  getParentRoute: () => launches,
  path: "/",
  component: () => <LaunchesPage />,
});

const launch = createRoute({
  getParentRoute: () => launches,
  path: "$launchId",
  component: function Launch() {
    return <LaunchesPage launchId={launch.useParams().launchId} />;
  },
});

const host = createRoute({ getParentRoute: () => app, path: "/host", component: HostPage });

const signInSearch = z.strictObject({ refused: z.enum(refusals).exactOptional() });

const signInRoute = createRoute({
  getParentRoute: () => root,
  path: "/signin",
  validateSearch: (search) => lenient(signInSearch, search),
  beforeLoad: async ({ context, location }) => {
    if (location.hash === "") return;
    // Either way the token leaves the address bar and the history with this.
    throw await redeem(context.client, location.hash);
  },
  component: function SignIn() {
    return <SignInPage refused={signInRoute.useSearch().refused} />;
  },
});

/** Redeems the token of a sign-in link. Gives where to go from there. */
async function redeem(client: QueryClient, token: string) {
  try {
    client.setQueryData(sessionQuery.queryKey, await call(signIn, { body: { token } }));
    return redirect({ to: "/", replace: true });
  } catch (thrown) {
    const code = thrown instanceof CallError ? thrown.code : "FAILED";
    const refused = refusals.find((known) => known === code) ?? "FAILED";
    return redirect({ to: "/signin", search: { refused }, replace: true });
  }
}

/** Reads what an address asks for, and drops what it cannot. */
function lenient<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>, search: Record<string, unknown>) {
  const known = Object.entries(search).filter(
    ([name, value]) => schema.shape[name] instanceof z.ZodType && schema.shape[name].safeParse(value).success,
  );
  return schema.parse(Object.fromEntries(known));
}

const routeTree = root.addChildren([
  app.addChildren([overview, images, image, launches.addChildren([launchList, launch]), host]),
  signInRoute,
]);

/** Makes the router: every place of the console has an address. */
export function makeRouter(client: QueryClient) {
  return createRouter({ routeTree, context: { client }, defaultPreload: false, scrollRestoration: true });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
