/**
 * The repository of its own that a bulletin is about, from its name: `RUBY3.0` of `ALASRUBY3.0-2023-001`,
 * `KERNEL-5.10` of `ALAS2KERNEL-5.10-2022-001`. Undefined for those of the core repository.
 */
export function topicOf(id: string): string | undefined {
  const middle = /^ALAS\d*(?<topic>|\D.*)-\d{4}-\d+$/u.exec(id)?.groups?.topic;
  const topic = middle?.replace(/^-/u, "");
  return topic === undefined || topic === "" ? undefined : topic;
}

/**
 * Where what a topic says of a package begins. Its repository offers a newer line of the package under the name that
 * the core repository uses, and no package tells which repository it came from: the line that the topic is named after
 * tells. Where it names lines, and none is that of the fix, the line is the fix's major version; where it names none, as
 * `DOCKER`, the core repository has no such package.
 *
 * `fixed` is `epoch:version-release` or `version-release`.
 */
export function lineOf(topic: string, fixed: string): { readonly introduced?: string } {
  const lines = topic.match(/\d+(?:\.\d+)*/gu) ?? [];
  if (lines.length === 0) return {};
  const colon = fixed.indexOf(":");
  const epoch = fixed.slice(0, colon + 1);
  const version = fixed.slice(colon + 1).split("-", 1)[0] ?? "";
  const line = lines.find((candidate) => version === candidate || version.startsWith(`${candidate}.`));
  return { introduced: epoch + (line ?? version.split(".", 1)[0] ?? "") };
}
