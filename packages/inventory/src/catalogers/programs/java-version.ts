/** Java as its makers have numbered it since version 9, and advisories number it throughout: `8.0.392` for `1.8.0_392`. */
export function javaVersionOf(text: string): string {
  const { feature, update = "0" } = /^1\.(?<feature>\d+)\.0(?:_(?<update>\d+))?$/u.exec(text)?.groups ?? {};
  return feature === undefined ? text : `${feature}.0.${Number(update)}`;
}
