/**
 * The directory into which the package was installed to which a metadata file belongs, or undefined where the
 * path is not one of such a file:
 *
 * - `SITE/name.dist-info/METADATA` (PEP 376, PEP 427),
 * - `SITE/name.egg-info/PKG-INFO` and the file `SITE/name.egg-info` (setuptools, distutils),
 * - `SITE/name.egg/EGG-INFO/PKG-INFO` (setuptools).
 *
 * File systems that ignore case have left all spellings behind, so case does not count.
 */
export function siteOf(path: string): string | undefined {
  const form =
    /^(?:(?<site>.*)\/)?[^/]+\.(?:dist-info\/metadata|egg-info\/pkg-info|egg-info|egg\/egg-info\/pkg-info)$/iu;
  const match = form.exec(path);
  if (match !== null) return match.groups?.site ?? "";
  return /(?:^|\/)egg-info\/pkg-info$/iu.test(path)
    ? path.replace(/\/?egg-info\/pkg-info$/iu, "")
    : undefined;
}
