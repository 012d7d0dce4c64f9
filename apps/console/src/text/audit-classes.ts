/** The classes of entries that can be looked for, in words. */
export const auditClasses = [
  { value: "access", text: "Access" },
  { value: "account", text: "Accounts and roles" },
  { value: "approval", text: "Approvals" },
  { value: "policy", text: "Policies" },
  { value: "exception", text: "Exceptions" },
  { value: "container", text: "Containers" },
  { value: "detection", text: "Detections" },
  { value: "response", text: "Responses" },
  { value: "host", text: "Hosts" },
  { value: "agent", text: "Agents" },
  { value: "scan", text: "Scans" },
  { value: "settings", text: "Settings" },
  { value: "read", text: "Reads" },
  { value: "system", text: "System" },
] as const;
