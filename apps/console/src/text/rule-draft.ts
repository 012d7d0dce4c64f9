/** What a new file of rules begins with: one rule that works. */
export const firstRuleDraft = `- rule: Shop starts something else
  desc: The shop runs node, and nothing else.
  condition: >
    evt.type in (execve, execveat) and container.id != host
    and container.name = shop and not proc.exepath in (/usr/local/bin/node, /bin/busybox)
  output: Something else was started in the shop (command=%proc.cmdline parent=%proc.pname)
  priority: WARNING
  tags: [container, mitre_execution, T1204]
`;

/** A file that turns a rule of somebody else off, and leaves it as it is otherwise. */
export function offDraft(rule: string): string {
  // In double quotes YAML reads what JSON writes.
  return `- rule: ${JSON.stringify(rule)}
  enabled: false
  override: {enabled: replace}
`;
}

/** A name for the file that turns a rule off. */
export function offName(rule: string): string {
  const words = rule
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, "-")
    .replaceAll(/^-|-$/gu, "")
    .slice(0, MAX_WORDS);
  // Files are read in the order of their names, and this one has to come after the one that makes the rule.
  return `zz-off-${words}`;
}

const MAX_WORDS = 80;

/** Whether the server takes a name for a file. `new` is where one is written. */
export function isRuleFileName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/u.test(name) && name !== "new";
}
