/** The tactics of MITRE ATT&CK for enterprises, in the order of its matrix. `tag` is how rules name one. */
export const tactics = [
  { tag: "mitre_reconnaissance", label: "Reconnaissance" },
  { tag: "mitre_resource_development", label: "Resource development" },
  { tag: "mitre_initial_access", label: "Initial access" },
  { tag: "mitre_execution", label: "Execution" },
  { tag: "mitre_persistence", label: "Persistence" },
  { tag: "mitre_privilege_escalation", label: "Privilege escalation" },
  { tag: "mitre_defense_evasion", label: "Defense evasion" },
  { tag: "mitre_credential_access", label: "Credential access" },
  { tag: "mitre_discovery", label: "Discovery" },
  { tag: "mitre_lateral_movement", label: "Lateral movement" },
  { tag: "mitre_collection", label: "Collection" },
  { tag: "mitre_command_and_control", label: "Command and control" },
  { tag: "mitre_exfiltration", label: "Exfiltration" },
  { tag: "mitre_impact", label: "Impact" },
] as const;

export type TacticTag = (typeof tactics)[number]["tag"];

/** Names of the techniques that rules of containers name. One that is not here goes by its id alone. */
const names: Readonly<Record<string, string>> = {
  T1003: "OS credential dumping",
  "T1003.007": "Credential dumping: proc file system",
  "T1003.008": "Credential dumping: passwd and shadow",
  T1005: "Data from the local system",
  T1014: "Rootkit",
  T1020: "Automated exfiltration",
  "T1021.004": "Remote services: SSH",
  T1036: "Masquerading",
  "T1036.004": "Masquerading: task or service",
  "T1037.004": "Boot scripts: RC scripts",
  T1040: "Network sniffing",
  T1041: "Exfiltration over the C2 channel",
  T1046: "Network service discovery",
  T1048: "Exfiltration over another protocol",
  T1053: "Scheduled task or job",
  "T1053.003": "Scheduled task: cron",
  T1055: "Process injection",
  "T1055.008": "Process injection: ptrace",
  "T1055.009": "Process injection: proc memory",
  T1059: "Command and scripting interpreter",
  "T1059.004": "Interpreter: Unix shell",
  T1068: "Exploitation for privilege escalation",
  T1069: "Permission groups discovery",
  "T1069.001": "Groups discovery: local groups",
  T1070: "Indicator removal",
  "T1070.002": "Indicator removal: system logs",
  "T1070.003": "Indicator removal: command history",
  "T1070.004": "Indicator removal: file deletion",
  "T1070.006": "Indicator removal: timestomp",
  T1071: "Application layer protocol",
  "T1071.004": "Application layer protocol: DNS",
  T1072: "Software deployment tools",
  T1082: "System information discovery",
  T1083: "File and directory discovery",
  T1087: "Account discovery",
  T1090: "Proxy",
  T1095: "Non-application layer protocol",
  T1098: "Account manipulation",
  "T1098.004": "Account manipulation: SSH keys",
  T1105: "Ingress tool transfer",
  T1132: "Data encoding",
  "T1132.001": "Data encoding: standard encoding",
  "T1136.001": "Create account: local account",
  T1190: "Exploit public-facing application",
  "T1195.002": "Supply chain: software",
  T1204: "User execution",
  "T1205.001": "Traffic signaling: port knocking",
  "T1222.002": "File permissions modification: Linux",
  T1485: "Data destruction",
  T1486: "Data encrypted for impact",
  T1496: "Resource hijacking",
  T1505: "Server software component",
  "T1505.003": "Server software: web shell",
  T1528: "Steal application access token",
  T1543: "Create or modify system process",
  "T1543.002": "System process: systemd service",
  T1546: "Event triggered execution",
  "T1546.004": "Event triggered: shell configuration",
  "T1547.006": "Autostart: kernel modules",
  T1548: "Abuse elevation control",
  "T1548.001": "Elevation control: setuid and setgid",
  "T1548.003": "Elevation control: sudo",
  T1552: "Unsecured credentials",
  "T1552.001": "Unsecured credentials: files",
  "T1552.004": "Unsecured credentials: private keys",
  "T1552.005": "Unsecured credentials: instance metadata",
  T1554: "Compromise host software binary",
  T1555: "Credentials from password stores",
  T1556: "Modify authentication process",
  "T1556.003": "Authentication: pluggable modules",
  "T1557.002": "Adversary in the middle: ARP",
  T1562: "Impair defenses",
  "T1562.001": "Impair defenses: disable tools",
  "T1564.001": "Hide artifacts: hidden files",
  T1565: "Data manipulation",
  T1568: "Dynamic resolution",
  T1571: "Non-standard port",
  "T1574.006": "Hijack execution: dynamic linker",
  "T1574.007": "Hijack execution: PATH",
  T1595: "Active scanning",
  T1609: "Container administration command",
  T1610: "Deploy container",
  T1611: "Escape to host",
  T1613: "Container and resource discovery",
  T1620: "Reflective code loading",
  T1622: "Debugger evasion",
};

/** What a technique is called; empty where this console does not know. */
export function techniqueName(technique: string): string {
  return names[technique] ?? "";
}

/** Whether a tag of a rule names a technique or a sub-technique: `T1611`, `T1053.003`. */
export function isTechnique(tag: string): boolean {
  return /^T\d{4}(?:\.\d{3})?$/u.test(tag);
}

/** Where MITRE tells of a technique. */
export function techniqueAddress(technique: string): string {
  return `https://attack.mitre.org/techniques/${technique.replace(".", "/")}/`;
}
