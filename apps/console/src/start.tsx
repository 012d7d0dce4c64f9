import "@patternfly/react-core/dist/styles/base.css";
import "./console.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { makeQueryClient } from "./api/queries.ts";
import { makeRouter } from "./router.tsx";
import { startTheme } from "./shell/theme.ts";

/** Puts the console into the page. */
export function start(): void {
  startTheme();
  const client = makeQueryClient();
  const router = makeRouter(client);
  preloadPage(router);
  const root = document.getElementById("root");
  if (root === null) throw new Error("the page has no root element");
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}

/** Has the code of the page come while the server is asked who is signed in, and not after. */
function preloadPage(router: ReturnType<typeof makeRouter>): void {
  const places = new Set(router.matchRoutes(router.latestLocation).map(({ routeId }) => String(routeId)));
  for (const route of Object.values(router.routesById)) {
    // Where it cannot be had, the page that waits for it says so.
    if (places.has(route.id)) void router.loadRouteChunk(route)?.catch(() => undefined);
  }
}
