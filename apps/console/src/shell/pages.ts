import { lazyRouteComponent, type RouteComponent } from "@tanstack/react-router";
import { CallError } from "../api/call-error.ts";

// Each page is a chunk of its own. The types are written out because pages know the router's type, which knows these.

export const OverviewPage: RouteComponent = lazy(() => import("../pages/overview-page.tsx"), "OverviewPage");
export const ImagesPage: RouteComponent = lazy(() => import("../pages/images-page.tsx"), "ImagesPage");
export const ImagePage: RouteComponent = lazy(() => import("../pages/image-page.tsx"), "ImagePage");
export const FindingPage: RouteComponent = lazy(() => import("../pages/finding-page.tsx"), "FindingPage");
export const ImageDiffPage: RouteComponent = lazy(
  () => import("../pages/image-diff-page.tsx"),
  "ImageDiffPage",
);
export const StatisticsPage: RouteComponent = lazy(
  () => import("../pages/statistics-page.tsx"),
  "StatisticsPage",
);
export const ContainersPage: RouteComponent = lazy(
  () => import("../pages/containers-page.tsx"),
  "ContainersPage",
);
export const ContainerPage: RouteComponent = lazy(
  () => import("../pages/container-page.tsx"),
  "ContainerPage",
);
export const HostsPage: RouteComponent = lazy(() => import("../pages/hosts-page.tsx"), "HostsPage");
export const HostPage: RouteComponent = lazy(() => import("../pages/host-page.tsx"), "HostPage");
export const DetectionsPage: RouteComponent = lazy(
  () => import("../pages/detections-page.tsx"),
  "DetectionsPage",
);
export const DetectionPage: RouteComponent = lazy(
  () => import("../pages/detection-page.tsx"),
  "DetectionPage",
);
export const TechniquesPage: RouteComponent = lazy(
  () => import("../pages/techniques-page.tsx"),
  "TechniquesPage",
);
export const ResponsesPage: RouteComponent = lazy(
  () => import("../pages/responses-page.tsx"),
  "ResponsesPage",
);
export const NetworkPage: RouteComponent = lazy(() => import("../pages/network-page.tsx"), "NetworkPage");
export const ProfilesPage: RouteComponent = lazy(() => import("../pages/profiles-page.tsx"), "ProfilesPage");
export const ProfilePage: RouteComponent = lazy(() => import("../pages/profile-page.tsx"), "ProfilePage");
export const RulesPage: RouteComponent = lazy(() => import("../pages/rules-page.tsx"), "RulesPage");
export const RulePage: RouteComponent = lazy(() => import("../pages/rule-page.tsx"), "RulePage");
export const RuleFilesPage: RouteComponent = lazy(
  () => import("../pages/rule-files-page.tsx"),
  "RuleFilesPage",
);
export const NewRuleFilePage: RouteComponent = lazy(
  () => import("../pages/rule-file-page.tsx"),
  "NewRuleFilePage",
);
export const RuleFilePage: RouteComponent = lazy(() => import("../pages/rule-file-page.tsx"), "RuleFilePage");
export const LaunchesPage: RouteComponent = lazy(() => import("../pages/launches-page.tsx"), "LaunchesPage");
export const FindingsPage: RouteComponent = lazy(() => import("../pages/findings-page.tsx"), "FindingsPage");
export const NewlyAffectedPage: RouteComponent = lazy(
  () => import("../pages/newly-affected-page.tsx"),
  "NewlyAffectedPage",
);
export const VulnerabilitiesPage: RouteComponent = lazy(
  () => import("../pages/vulnerabilities-page.tsx"),
  "VulnerabilitiesPage",
);
export const VulnerabilityPage: RouteComponent = lazy(
  () => import("../pages/vulnerability-page.tsx"),
  "VulnerabilityPage",
);
export const RegistriesPage: RouteComponent = lazy(
  () => import("../pages/registries-page.tsx"),
  "RegistriesPage",
);
export const RegistryQueuePage: RouteComponent = lazy(
  () => import("../pages/registry-queue-page.tsx"),
  "RegistryQueuePage",
);
export const PoliciesPage: RouteComponent = lazy(() => import("../pages/policies-page.tsx"), "PoliciesPage");
export const NewPolicyPage: RouteComponent = lazy(() => import("../pages/policy-page.tsx"), "NewPolicyPage");
export const PolicyPage: RouteComponent = lazy(() => import("../pages/policy-page.tsx"), "PolicyPage");
export const ExceptionsPage: RouteComponent = lazy(
  () => import("../pages/exceptions-page.tsx"),
  "ExceptionsPage",
);
export const NewExceptionPage: RouteComponent = lazy(
  () => import("../pages/exceptions-new-page.tsx"),
  "NewExceptionPage",
);
export const ExceptionPage: RouteComponent = lazy(
  () => import("../pages/exceptions-detail-page.tsx"),
  "ExceptionPage",
);
export const ApprovalsPage: RouteComponent = lazy(
  () => import("../pages/approvals-page.tsx"),
  "ApprovalsPage",
);
export const ApprovalPage: RouteComponent = lazy(
  () => import("../pages/approvals-detail-page.tsx"),
  "ApprovalPage",
);
export const AuditPage: RouteComponent = lazy(() => import("../pages/audit-page.tsx"), "AuditPage");
export const AuditEntryPage: RouteComponent = lazy(
  () => import("../pages/audit-entry-page.tsx"),
  "AuditEntryPage",
);
export const AccessPage: RouteComponent = lazy(() => import("../pages/access-page.tsx"), "AccessPage");
export const SettingsPage: RouteComponent = lazy(() => import("../pages/settings-page.tsx"), "SettingsPage");
export const HealthPage: RouteComponent = lazy(() => import("../pages/health-page.tsx"), "HealthPage");
export const AccountPage: RouteComponent = lazy(() => import("../pages/account-page.tsx"), "AccountPage");
export const SignInPage: RouteComponent = lazy(() => import("../pages/sign-in-page.tsx"), "SignInPage");
export const SetPasswordPage: RouteComponent = lazy(
  () => import("../pages/sign-in-password-page.tsx"),
  "SetPasswordPage",
);

/** A page whose code comes when it is opened. */
function lazy<Name extends string>(
  load: () => Promise<Readonly<Record<Name, RouteComponent>>>,
  name: Name,
): RouteComponent {
  const loadPage = async () => ({ page: (await load().catch(throwWhy))[name] });
  return lazyRouteComponent(loadPage, "page");
}

/**
 * The router loads everything anew where code is missing, since a later version may have other files. While the
 * server cannot be reached that would leave nothing of the console: it throws another error then.
 */
async function throwWhy(missing: unknown): Promise<never> {
  try {
    await fetch("/", { method: "HEAD", cache: "no-store" });
  } catch (cause) {
    throw new CallError("UNREACHABLE", "the server cannot be reached", { cause });
  }
  throw missing;
}
