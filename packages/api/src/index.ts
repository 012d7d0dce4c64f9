export {
  createSignInLink,
  MAX_AGENT_BODY_BYTES,
  MAX_RECORDS_PER_BATCH,
  putHost,
  putImage,
  putRecords,
  showAcknowledged,
} from "./agent.ts";
export type {
  BodyOf,
  Endpoint,
  ParamsOf,
  Permission,
  QueryInputOf,
  QueryOf,
  ReplyOf,
} from "./endpoint.ts";
export { pathOf } from "./endpoint.ts";
export { agentEndpoints, publicEndpoints } from "./endpoints.ts";
export type { ChangeEvent } from "./events.ts";
export { changeEvent, streamEvents } from "./events.ts";
export { showLiveness, showReadiness } from "./health.ts";
export type { GateState, HostReply, HostStatus } from "./host.ts";
export { AGENT_SILENT_AFTER_MS, hostStatus, showHost } from "./host.ts";
export type { ImageDetail, ImageFinding, ImageSummary } from "./images.ts";
export { listImages, showImage } from "./images.ts";
export type { LaunchRecordData } from "./launch-record.ts";
export { launchRecordData } from "./launch-record.ts";
export type { LaunchEntry, LaunchReason } from "./launches.ts";
export { listLaunches, showLaunch } from "./launches.ts";
export type { OpenApiObject } from "./open-api.ts";
export { openApiDocument } from "./open-api.ts";
export type { Overview } from "./overview.ts";
export { showOverview } from "./overview.ts";
export type { Problem, ProblemCode } from "./problem.ts";
export { PROBLEM_TYPE, problem, problemCodes } from "./problem.ts";
export type { SeverityCounts } from "./scalars.ts";
export { scanReport } from "./scan-report.ts";
export type { Session } from "./session.ts";
export { showSession, signIn, signOut } from "./session.ts";
