/** Names under which files of ignore rules lie where their tools look for them. */
export const ignoreFileNames = [
  ".trivyignore",
  ".trivyignore.yaml",
  ".trivyignore.yml",
  ".grype.yaml",
  ".grype.yml",
  "osv-scanner.toml",
] as const;
