import {
  listApprovals,
  listAuditEntries,
  listContainers,
  listExceptions,
  listFindings,
  listHosts,
  listImages,
  listLaunches,
  listVulnerabilities,
  signIn,
} from "@pratique/api";
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent as lazy,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { z } from "zod";
import { addressOf, lenient, parseSearch, writeSearch } from "./api/address.ts";
import { call } from "./api/call.ts";
import { CallError } from "./api/call-error.ts";
import { sessionQuery } from "./api/queries.ts";
import { FailedPage, LostPage } from "./pages/lost-page.tsx";
import { AppShell } from "./shell/app-shell.tsx";
import { PendingPage } from "./shell/pending-page.tsx";
import { signInRefusals } from "./shell/sign-in-refusals.ts";

interface RouterContext {
  readonly client: QueryClient;
}

/** How long a page may take to come before something is shown in its place. */
const PENDING_MS = 150;

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
  beforeLoad: async ({ context, location }) => {
    const session = await signedIn(context.client, location.href);
    if (session.mustSetPassword) throw redirect({ to: "/password" });
  },
});

/** Who is signed in; sends away who is not, and remembers where they wanted to go. */
async function signedIn(client: QueryClient, href: string) {
  try {
    return await client.ensureQueryData(sessionQuery);
  } catch (thrown) {
    if (!(thrown instanceof CallError) || thrown.code !== "NOT_SIGNED_IN") throw thrown;
    throw redirect({ to: "/signin", search: href === "/" ? {} : { to: href } });
  }
}

const overview = createRoute({
  getParentRoute: () => app,
  path: "/",
  component: lazy(() => import("./pages/overview-page.tsx"), "OverviewPage"),
});

const images = createRoute({
  getParentRoute: () => app,
  path: "/images",
  component: lazy(() => import("./pages/images-page.tsx"), "ImagesPage"),
  validateSearch: addressOf(listImages),
});

const image = createRoute({
  getParentRoute: () => app,
  path: "/images/$imageId",
  component: lazy(() => import("./pages/image-page.tsx"), "ImagePage"),
  validateSearch: lenient({ tab: z.enum(["findings", "packages", "layers", "hosts", "launches"]) }),
});

const containers = createRoute({
  getParentRoute: () => app,
  path: "/containers",
  component: lazy(() => import("./pages/containers-page.tsx"), "ContainersPage"),
  validateSearch: addressOf(listContainers),
});

const container = createRoute({
  getParentRoute: () => app,
  path: "/containers/$containerId",
  component: lazy(() => import("./pages/container-page.tsx"), "ContainerPage"),
});

const hosts = createRoute({
  getParentRoute: () => app,
  path: "/hosts",
  component: lazy(() => import("./pages/hosts-page.tsx"), "HostsPage"),
  validateSearch: addressOf(listHosts),
});

const host = createRoute({
  getParentRoute: () => app,
  path: "/hosts/$host",
  component: lazy(() => import("./pages/host-page.tsx"), "HostPage"),
});

const launches = createRoute({
  getParentRoute: () => app,
  path: "/launches",
  component: lazy(() => import("./pages/launches-page.tsx"), "LaunchesPage"),
  validateSearch: addressOf(listLaunches),
});

const launch = createRoute({
  getParentRoute: () => launches,
  path: "$launchId",
  component: lazy(() => import("./pages/launches-page.tsx"), "LaunchDrawer"),
});

const findings = createRoute({
  getParentRoute: () => app,
  path: "/findings",
  component: lazy(() => import("./pages/findings-page.tsx"), "FindingsPage"),
  validateSearch: addressOf(listFindings),
});

const vulnerabilities = createRoute({
  getParentRoute: () => app,
  path: "/findings/vulnerabilities",
  component: lazy(() => import("./pages/vulnerabilities-page.tsx"), "VulnerabilitiesPage"),
  validateSearch: addressOf(listVulnerabilities),
});

const vulnerability = createRoute({
  getParentRoute: () => app,
  path: "/findings/vulnerabilities/$vulnerability",
  component: lazy(() => import("./pages/vulnerability-page.tsx"), "VulnerabilityPage"),
});

const policies = createRoute({
  getParentRoute: () => app,
  path: "/policies",
  component: lazy(() => import("./pages/policies-page.tsx"), "PoliciesPage"),
});

const newPolicy = createRoute({
  getParentRoute: () => app,
  path: "/policies/new",
  component: lazy(() => import("./pages/policy-page.tsx"), "NewPolicyPage"),
});

const policy = createRoute({
  getParentRoute: () => app,
  path: "/policies/$policy",
  component: lazy(() => import("./pages/policy-page.tsx"), "PolicyPage"),
});

const exceptions = createRoute({
  getParentRoute: () => app,
  path: "/exceptions",
  component: lazy(() => import("./pages/exceptions-page.tsx"), "ExceptionsPage"),
  validateSearch: addressOf(listExceptions),
});

const brief = z.string().max(1024);

/** What the form is filled with beforehand: any number of values are divided by line ends. */
const newException = createRoute({
  getParentRoute: () => app,
  path: "/exceptions/new",
  component: lazy(() => import("./pages/exceptions-new-page.tsx"), "NewExceptionPage"),
  validateSearch: lenient({
    rule: brief,
    image: brief,
    digest: brief,
    vulnerability: brief,
    host: brief,
    launch: brief,
  }),
});

const exception = createRoute({
  getParentRoute: () => app,
  path: "/exceptions/$exceptionId",
  component: lazy(() => import("./pages/exceptions-detail-page.tsx"), "ExceptionPage"),
});

const approvals = createRoute({
  getParentRoute: () => app,
  path: "/approvals",
  component: lazy(() => import("./pages/approvals-page.tsx"), "ApprovalsPage"),
  validateSearch: addressOf(listApprovals),
});

const approval = createRoute({
  getParentRoute: () => app,
  path: "/approvals/$approvalId",
  component: lazy(() => import("./pages/approvals-detail-page.tsx"), "ApprovalPage"),
});

const audit = createRoute({
  getParentRoute: () => app,
  path: "/audit",
  component: lazy(() => import("./pages/audit-page.tsx"), "AuditPage"),
  validateSearch: addressOf(listAuditEntries),
});

const auditEntry = createRoute({
  getParentRoute: () => app,
  path: "/audit/$index",
  component: lazy(() => import("./pages/audit-entry-page.tsx"), "AuditEntryPage"),
});

const access = createRoute({
  getParentRoute: () => app,
  path: "/access",
  component: lazy(() => import("./pages/access-page.tsx"), "AccessPage"),
});

const accessSection = createRoute({
  getParentRoute: () => app,
  path: "/access/$section",
  component: lazy(() => import("./pages/access-page.tsx"), "AccessPage"),
  validateSearch: lenient({ text: brief, account: brief, role: brief }),
});

const settings = createRoute({
  getParentRoute: () => app,
  path: "/settings",
  component: lazy(() => import("./pages/settings-page.tsx"), "SettingsPage"),
});

const settingsSection = createRoute({
  getParentRoute: () => app,
  path: "/settings/$section",
  component: lazy(() => import("./pages/settings-page.tsx"), "SettingsPage"),
});

const health = createRoute({
  getParentRoute: () => app,
  path: "/health",
  component: lazy(() => import("./pages/health-page.tsx"), "HealthPage"),
});

const account = createRoute({
  getParentRoute: () => app,
  path: "/account",
  component: lazy(() => import("./pages/account-page.tsx"), "AccountPage"),
});

/** Where to go once signed in: a place of this console, and of no other site. */
const ownPlace = z
  .string()
  .regex(/^\/(?![/\\])/u)
  .max(2048);

const signInRoute = createRoute({
  getParentRoute: () => root,
  path: "/signin",
  validateSearch: lenient({ refused: z.enum(signInRefusals), to: ownPlace }),
  beforeLoad: async ({ context, location }) => {
    if (location.hash === "") return;
    // Either way the token leaves the address bar and the history with this.
    throw await redeem(context.client, location.hash);
  },
  component: lazy(() => import("./pages/sign-in-page.tsx"), "SignInPage"),
});

/** Where the first password is set: nothing else of the console works before. */
const password = createRoute({
  getParentRoute: () => root,
  path: "/password",
  beforeLoad: async ({ context, location }) => {
    await signedIn(context.client, location.href);
  },
  component: lazy(() => import("./pages/sign-in-password-page.tsx"), "SetPasswordPage"),
});

/** Redeems the token of a sign-in link. Gives where to go from there. */
async function redeem(client: QueryClient, token: string) {
  try {
    client.setQueryData(sessionQuery.queryKey, await call(signIn, { body: { token } }));
    return redirect({ to: "/", replace: true });
  } catch (thrown) {
    const code = thrown instanceof CallError ? thrown.code : "FAILED";
    const refused = signInRefusals.find((known) => known === code) ?? "FAILED";
    return redirect({ to: "/signin", search: { refused }, replace: true });
  }
}

const routeTree = root.addChildren([
  app.addChildren([
    overview,
    images,
    image,
    containers,
    container,
    hosts,
    host,
    launches.addChildren([launch]),
    findings,
    vulnerabilities,
    vulnerability,
    policies,
    newPolicy,
    policy,
    exceptions,
    newException,
    exception,
    approvals,
    approval,
    audit,
    auditEntry,
    access,
    accessSection,
    settings,
    settingsSection,
    health,
    account,
  ]),
  signInRoute,
  password,
]);

/** Makes the router: every place of the console has an address, and every page is loaded when it is opened. */
export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree,
    context: { client },
    defaultPreload: "intent",
    defaultPendingComponent: PendingPage,
    defaultPendingMs: PENDING_MS,
    parseSearch,
    stringifySearch: writeSearch,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
