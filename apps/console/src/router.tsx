import {
  listApprovals,
  listAuditEntries,
  listContainers,
  listDetections,
  listExceptions,
  listFindings,
  listHosts,
  listImageFindings,
  listImagePackages,
  listImageSecrets,
  listImages,
  listLaunches,
  listNewlyAffected,
  listProfiles,
  listRegistryImages,
  listResponses,
  listVulnerabilities,
  placeOfConsole,
  signIn,
  signInRefusals,
} from "@pratique/api";
import { type Enforceability, priorities } from "@pratique/core";
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { z } from "zod";
import { addressOf, addressOfParts, lenient, pageSizes, parseSearch, writeSearch } from "./api/address.ts";
import { call } from "./api/call.ts";
import { CallError, isNotSignedIn } from "./api/call-error.ts";
import { sessionQuery } from "./api/queries.ts";
import { FailedPage, LostPage } from "./pages/lost-page.tsx";
import { AppShell } from "./shell/app-shell.tsx";
import * as pages from "./shell/pages.ts";
import { PendingPage } from "./shell/pending-page.tsx";
import { places } from "./shell/places.ts";
import { wayBack } from "./text/way-back.ts";

interface RouterContext {
  readonly client: QueryClient;
}

/** How long a page may take to come before something is shown in its place. */
const PENDING_MS = 150;

const brief = z.string().max(1024);
const enforceabilities = ["prevents", "kills", "detects", "off"] as const satisfies readonly Enforceability[];

const root = createRootRouteWithContext<RouterContext>()({
  component: Outlet,
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
    if (!isNotSignedIn(thrown)) throw thrown;
    throw redirect({ to: "/signin", search: wayBack(href) });
  }
}

/** Who may not see the overview begins at the first place that they may see. */
const overview = createRoute({
  getParentRoute: () => app,
  path: "/",
  component: pages.OverviewPage,
  beforeLoad: async ({ context }) => {
    const { permissions } = await context.client.ensureQueryData(sessionQuery);
    const first = places.find(({ needs }) => needs.length === 0 || needs.some((need) => permissions[need]));
    if (first !== undefined && first.to !== "/") throw redirect({ to: first.to, replace: true });
  },
});

const images = createRoute({
  getParentRoute: () => app,
  path: "/images",
  component: pages.ImagesPage,
  validateSearch: addressOf(listImages),
});

/** The part of an image that is shown, and what its list is narrowed to: each part is one list at most. */
const imageLists = addressOfParts([
  listImageFindings,
  listImagePackages,
  listImageSecrets,
  listContainers,
  listLaunches,
]);
const imageTab = lenient({
  tab: z.enum(["findings", "packages", "secrets", "layers", "hosts", "launches"]),
});

const image = createRoute({
  getParentRoute: () => app,
  path: "/images/$imageId",
  component: pages.ImagePage,
  validateSearch: (search: Record<string, unknown>) => ({
    ...imageLists(search),
    ...imageTab(search),
  }),
});

const imageDiff = createRoute({
  getParentRoute: () => app,
  path: "/images/$imageId/diff",
  component: pages.ImageDiffPage,
  validateSearch: lenient({ with: brief, days: z.enum(["7", "30", "90"]) }),
});

/** Which finding: its identifier in the path, and by what it is told from others of the same in the address. */
const imageFinding = createRoute({
  getParentRoute: () => app,
  path: "/images/$imageId/findings/$finding",
  component: pages.FindingPage,
  validateSearch: lenient({ package: brief, version: brief, place: brief }),
});

const statistics = createRoute({
  getParentRoute: () => app,
  path: "/statistics",
  component: pages.StatisticsPage,
  validateSearch: lenient({ days: z.enum(["30", "90", "365"]) }),
});

const containers = createRoute({
  getParentRoute: () => app,
  path: "/containers",
  component: pages.ContainersPage,
  validateSearch: addressOf(listContainers),
});

const container = createRoute({
  getParentRoute: () => app,
  path: "/containers/$containerId",
  component: pages.ContainerPage,
  validateSearch: lenient({ tab: z.enum(["container", "live"]) }),
});

const hosts = createRoute({
  getParentRoute: () => app,
  path: "/hosts",
  component: pages.HostsPage,
  validateSearch: addressOf(listHosts),
});

const hostLists = addressOfParts([listContainers]);
const hostTab = lenient({
  tab: z.enum(["host", "runtime"]),
  text: brief,
  does: z.enum(enforceabilities),
  priority: z.enum(priorities),
});

const host = createRoute({
  getParentRoute: () => app,
  path: "/hosts/$host",
  component: pages.HostPage,
  validateSearch: (search: Record<string, unknown>) => ({
    ...hostLists(search),
    ...hostTab(search),
  }),
});

const detectionAddress = addressOf(listDetections);
const chartAddress = lenient({ span: z.enum(["24h", "7d"]) });

const detections = createRoute({
  getParentRoute: () => app,
  path: "/detections",
  component: pages.DetectionsPage,
  validateSearch: (search: Record<string, unknown>) => ({
    ...detectionAddress(search),
    ...chartAddress(search),
  }),
});

const techniques = createRoute({
  getParentRoute: () => app,
  path: "/detections/techniques",
  component: pages.TechniquesPage,
  validateSearch: lenient({ host: brief, cover: z.enum(enforceabilities) }),
});

const responses = createRoute({
  getParentRoute: () => app,
  path: "/detections/responses",
  component: pages.ResponsesPage,
  validateSearch: addressOf(listResponses),
});

const detection = createRoute({
  getParentRoute: () => app,
  path: "/detections/$detectionId",
  component: pages.DetectionPage,
});

const network = createRoute({
  getParentRoute: () => app,
  path: "/network",
  component: pages.NetworkPage,
  validateSearch: lenient({ host: brief, text: brief }),
});

const profiles = createRoute({
  getParentRoute: () => app,
  path: "/profiles",
  component: pages.ProfilesPage,
  validateSearch: addressOf(listProfiles),
});

const profile = createRoute({
  getParentRoute: () => app,
  path: "/profiles/$host/$image",
  component: pages.ProfilePage,
  validateSearch: lenient({ text: brief, kind: brief }),
});

const ruleFilters = {
  text: brief,
  origin: z.enum(["default", "hardened", "server", "host"]),
  state: z.enum(["on", "off", "partly"]),
  does: z.enum(enforceabilities),
  priority: z.enum(priorities),
  tag: brief,
};

const rules = createRoute({
  getParentRoute: () => app,
  path: "/rules",
  component: pages.RulesPage,
  validateSearch: lenient(ruleFilters),
});

const ruleFiles = createRoute({
  getParentRoute: () => app,
  path: "/rules/files",
  component: pages.RuleFilesPage,
});

/** `off`: the rule that the file is to turn off. */
const newRuleFile = createRoute({
  getParentRoute: () => app,
  path: "/rules/files/new",
  component: pages.NewRuleFilePage,
  validateSearch: lenient({ off: brief }),
});

const ruleFile = createRoute({
  getParentRoute: () => app,
  path: "/rules/files/$file",
  component: pages.RuleFilePage,
});

const rule = createRoute({
  getParentRoute: () => app,
  path: "/rules/named/$rule",
  component: pages.RulePage,
  validateSearch: lenient({ text: brief, does: z.enum(enforceabilities) }),
});

const launches = createRoute({
  getParentRoute: () => app,
  path: "/launches",
  component: pages.LaunchesPage,
  validateSearch: addressOf(listLaunches),
});

const launch = createRoute({
  getParentRoute: () => launches,
  path: "$launchId",
  // The list shows it beside itself.
  component: () => null,
});

const findings = createRoute({
  getParentRoute: () => app,
  path: "/findings",
  component: pages.FindingsPage,
  validateSearch: addressOf(listFindings),
});

const vulnerabilities = createRoute({
  getParentRoute: () => app,
  path: "/findings/vulnerabilities",
  component: pages.VulnerabilitiesPage,
  validateSearch: addressOf(listVulnerabilities),
});

const newlyAffected = createRoute({
  getParentRoute: () => app,
  path: "/findings/newly-affected",
  component: pages.NewlyAffectedPage,
  validateSearch: addressOf(listNewlyAffected),
});

const vulnerability = createRoute({
  getParentRoute: () => app,
  path: "/findings/vulnerabilities/$vulnerability",
  component: pages.VulnerabilityPage,
  validateSearch: addressOf(listFindings),
});

const registries = createRoute({
  getParentRoute: () => app,
  path: "/registries",
  component: pages.RegistriesPage,
});

const registryQueue = createRoute({
  getParentRoute: () => app,
  path: "/registries/queue",
  component: pages.RegistryQueuePage,
  validateSearch: addressOf(listRegistryImages),
});

const policies = createRoute({
  getParentRoute: () => app,
  path: "/policies",
  component: pages.PoliciesPage,
});

const newPolicy = createRoute({
  getParentRoute: () => app,
  path: "/policies/new",
  component: pages.NewPolicyPage,
});

const policy = createRoute({
  getParentRoute: () => app,
  path: "/policies/$policy",
  component: pages.PolicyPage,
});

const exceptions = createRoute({
  getParentRoute: () => app,
  path: "/exceptions",
  component: pages.ExceptionsPage,
  validateSearch: addressOf(listExceptions),
});

/** What the form is filled with beforehand: any number of values are divided by line ends. */
const newException = createRoute({
  getParentRoute: () => app,
  path: "/exceptions/new",
  component: pages.NewExceptionPage,
  validateSearch: lenient({
    rule: brief,
    image: brief,
    digest: brief,
    vulnerability: brief,
    secret: brief,
    license: brief,
    host: brief,
    launch: brief,
  }),
});

const exception = createRoute({
  getParentRoute: () => app,
  path: "/exceptions/$exceptionId",
  component: pages.ExceptionPage,
});

const approvals = createRoute({
  getParentRoute: () => app,
  path: "/approvals",
  component: pages.ApprovalsPage,
  validateSearch: addressOf(listApprovals),
});

const approval = createRoute({
  getParentRoute: () => app,
  path: "/approvals/$approvalId",
  component: pages.ApprovalPage,
});

const audit = createRoute({
  getParentRoute: () => app,
  path: "/audit",
  component: pages.AuditPage,
  validateSearch: addressOf(listAuditEntries),
});

const auditEntry = createRoute({
  getParentRoute: () => app,
  path: "/audit/$index",
  component: pages.AuditEntryPage,
  validateSearch: lenient({ at: z.iso.datetime() }),
});

const access = createRoute({
  getParentRoute: () => app,
  path: "/access",
  component: pages.AccessPage,
});

const accessSection = createRoute({
  getParentRoute: () => app,
  path: "/access/$section",
  component: pages.AccessPage,
  validateSearch: lenient({
    text: brief,
    account: brief,
    role: brief,
    cursor: z.string().max(2048),
    page: brief,
    limit: z.enum(pageSizes),
  }),
});

const settings = createRoute({
  getParentRoute: () => app,
  path: "/settings",
  component: pages.SettingsPage,
});

const settingsSection = createRoute({
  getParentRoute: () => app,
  path: "/settings/$section",
  component: pages.SettingsPage,
});

const health = createRoute({
  getParentRoute: () => app,
  path: "/health",
  component: pages.HealthPage,
});

const account = createRoute({
  getParentRoute: () => app,
  path: "/account",
  component: pages.AccountPage,
});

/** Any other address. */
const lost = createRoute({
  getParentRoute: () => app,
  path: "$",
  component: LostPage,
});

const signInAddress = lenient({ refused: z.enum(signInRefusals), to: placeOfConsole });

const signInRoute = createRoute({
  getParentRoute: () => root,
  path: "/signin",
  validateSearch: signInAddress,
  beforeLoad: async ({ context, location }) => {
    if (location.hash === "") return;
    // Either way the token leaves the address bar and the history with this.
    throw await redeem(context.client, location.hash);
  },
  component: pages.SignInPage,
});

/** Where the first password is set: nothing else of the console works before. */
const password = createRoute({
  getParentRoute: () => root,
  path: "/password",
  beforeLoad: async ({ context, location }) => {
    await signedIn(context.client, location.href);
  },
  component: pages.SetPasswordPage,
});

/** Redeems the token of a sign-in link. Gives where to go from there. */
async function redeem(client: QueryClient, token: string): Promise<unknown> {
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
    imageDiff,
    imageFinding,
    statistics,
    containers,
    container,
    hosts,
    host,
    detections,
    techniques,
    responses,
    detection,
    network,
    profiles,
    profile,
    rules,
    ruleFiles,
    newRuleFile,
    ruleFile,
    rule,
    launches.addChildren([launch]),
    findings,
    newlyAffected,
    vulnerabilities,
    vulnerability,
    registries,
    registryQueue,
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
    lost,
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
    // In place of the page alone: what surrounds it stays.
    defaultErrorComponent: ({ error }) => <FailedPage error={error} />,
    defaultPendingComponent: PendingPage,
    defaultPendingMs: PENDING_MS,
    parseSearch,
    stringifySearch: writeSearch,
    search: { strict: true },
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
