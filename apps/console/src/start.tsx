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
