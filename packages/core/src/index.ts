export type { Effect, Holding, Permission, Principal, Resource, Role, Scope } from "./access.ts";
export { permissions } from "./access.ts";
export type {
  Advisory,
  AdvisoryIndex,
  AdvisorySource,
  AffectedImport,
  Coverage,
  EndOfLife,
  Enrichment,
  FindingStatus,
  Standing,
  VersionRange,
  VulnerabilityDetails,
} from "./advisory.ts";
export { advisoryNames, foldName } from "./advisory-names.ts";
export type { AssessmentCode, AssessmentReason, AssessmentState, Failure } from "./assessment.ts";
export { assessmentCodes } from "./assessment.ts";
export type {
  AppendOptions,
  AuditClass,
  AuditEvent,
  AuditRecord,
  AuditSink,
  JsonObject,
  JsonValue,
} from "./audit-record.ts";
export { auditClasses, MAX_RECORD_NAME } from "./audit-record.ts";
export { GiB, KiB, MiB } from "./bytes.ts";
export type { Clearance } from "./clearance.ts";
export type {
  ActionOutcome,
  DetectedProcess,
  Detection,
  Enforceability,
  MatchedPart,
  Priority,
  RuleAction,
} from "./detection.ts";
export { priorities, ruleActions } from "./detection.ts";
export type { Digest } from "./digest.ts";
export { isDigest, parseDigest } from "./digest.ts";
export type { Distro } from "./distro.ts";
export { isVendorOf } from "./distro-vendor.ts";
export type { DocumentTarget } from "./document-target.ts";
export { parseDocumentTarget } from "./document-target.ts";
export type { Ecosystem } from "./ecosystem.ts";
export { ecosystem, ecosystemOfDistro } from "./ecosystem.ts";
export type { CoreErrorCode } from "./errors.ts";
export { CoreError, hasCode, messageOf, PratiqueError } from "./errors.ts";
export type { EventType } from "./event-type.ts";
export { eventTypes, isEventType } from "./event-type.ts";
export type { PolicyException } from "./exception.ts";
export type { Condenser, FileEntry, FileKind, FilePattern, FileTree, FileVersion } from "./file-tree.ts";
export type { Finding, Suppressed, VexJustification } from "./finding.ts";
export { vexJustifications } from "./finding.ts";
export type { LayerOrigin, UseOf } from "./finding-origin.ts";
export { explainFindings, layersOfBase, originOf } from "./finding-origin.ts";
export type { FromBase } from "./from-base.ts";
export { matchesGlob } from "./glob.ts";
export { foldKey } from "./go-fold.ts";
export type { FunctionKey, GoFunctions, NamedFunction } from "./go-functions.ts";
export { NAME_HASH_START, readFunctions, stepNameHash, writeFunctions } from "./go-functions.ts";
export type { Host } from "./host.ts";
export type { ImageConfig } from "./image-config.ts";
export type { ImageReference } from "./image-reference.ts";
export { formatImageReference, parseImageReference } from "./image-reference.ts";
export type { ImageScheme, ImageTarget } from "./image-target.ts";
export { imageSchemes, parseImageTarget } from "./image-target.ts";
export type { ChannelAction, Indicator, IndicatorKind } from "./indicator.ts";
export { channelActions, indicatorKinds } from "./indicator.ts";
export { isRecent } from "./is-recent.ts";
export type { JsonRecord } from "./json-shape.ts";
export { isRecord, listOf, recordOf, textOf } from "./json-shape.ts";
export { KeyedTurns } from "./keyed-turns.ts";
export type { KnownProgram } from "./known-program.ts";
export { advisoryNameOfProgram, knownPrograms, programOfComponent } from "./known-program.ts";
export type { Launch, LaunchMount, LaunchPort } from "./launch.ts";
export { layerInstruction } from "./layer-instruction.ts";
export type { LicenseCategory, LicenseFinding } from "./license.ts";
export { licenseCategories, NO_LICENSE } from "./license.ts";
export type { Package, PackageFacts, PackageType, SourcePackage } from "./package.ts";
export { isFromDistribution, packageTypes, purlOf } from "./package.ts";
export type { InstalledPackage, PackageInstance } from "./package-instance.ts";
export { packageInstances } from "./package-instance.ts";
export { hasRepeatedName, parseJson } from "./parse-json.ts";
export type { Platform } from "./platform.ts";
export { formatPlatform, parsePlatform } from "./platform.ts";
export type { ProgramExcerpt, ProgramFile, ProgramInspection, ProgramInspector } from "./program.ts";
export { isNamedLikeProgram, mayBeProgram, PROGRAM_HEAD_BYTES, ProgramReading } from "./program.ts";
export type { Purl, PurlParts } from "./purl.ts";
export { parsePurl } from "./purl.ts";
export { RecentMap } from "./recent-map.ts";
export { redactCommandLine } from "./redact-command-line.ts";
export type { RedHatChannel } from "./redhat-channel.ts";
export { redHatChannelOf } from "./redhat-channel.ts";
export type { Exposure, PackageUse, RiskContext } from "./risk.ts";
export { compareRisk, riskOf } from "./risk.ts";
export type { Risk, RiskTerm, RiskTermName } from "./risk-terms.ts";
export { riskTerms } from "./risk-terms.ts";
export {
  runnableKeyOf,
  runnableKeysIn,
  scriptKeyOf,
  scriptKeysIn,
  writeRunnableKeys,
} from "./runnable-files.ts";
export type {
  ContainerRuntime,
  RuntimeContainer,
  RuntimeEndpoint,
  RuntimeEvent,
  RuntimeMount,
  RuntimeProcess,
  RuntimeProtocol,
} from "./runtime-event.ts";
export type { FieldCatalog, FieldReader, FieldType, FieldValue } from "./runtime-field.ts";
export type {
  Assessment,
  ImageBase,
  RootAccounts,
  ScanReport,
  ScanTarget,
} from "./scan-report.ts";
export type { Secret, SecretCategory, SecretPlace } from "./secret.ts";
export { compareSecrets, secretCategories, secretPlace, secretPlaces } from "./secret.ts";
export type { Severity } from "./severity.ts";
export { compareSeverity, isSeverity, parseSeverity, severities, severityOfScore } from "./severity.ts";
export type { SoughtList } from "./sought-list.ts";
export { hasSought, soughtLists, soughtRevisions } from "./sought-list.ts";
export type { InspectedFile, TextExcerpt, TextInspection, TextInspector } from "./text-inspector.ts";
export { ubuntuProEcosystem, ubuntuServiceOf, ubuntuServices } from "./ubuntu-pro.ts";
export type { Enforcement, Stage, Verdict, VerdictSubject, Violation } from "./verdict.ts";
export { denials } from "./verdict.ts";
