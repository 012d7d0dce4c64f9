/** Where every Docker Engine looks for a plugin. */
export function pluginSocketOf(plugin: string): string {
  return `/run/docker/plugins/${plugin}.sock`;
}
