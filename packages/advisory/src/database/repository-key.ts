/** Under which id a repository is kept among the details. The spaces keep it apart from all identifiers. */
export function repositoryKey(repository: string): string {
  return `repository of ${repository}`;
}
