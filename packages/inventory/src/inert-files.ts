/** How distributions end the names of what they split off for people and for compilers. */
const TELLING_NAME =
  /-(?:common-doc|dev|devel|doc|docs|documentation|filesystem|headers|help|html|info|javadoc|l10n|lang|langpack|locale|locales|man|manpages|manual|refman|texinfo)$/u;

/** Where nothing is that runs (FHS 3.0, 4.5 and 4.11). */
const INERT_DIRECTORY =
  /^usr\/(?:include|share\/(?:bug|doc|doc-base|fonts|gtk-doc|help|icons|info|javadoc|licenses|lintian|locale|man|pixmaps))\//u;

/**
 * Whether a package's name says that it may hold nothing that runs. Its files have to show it: names are free, and lists
 * of files are long, so that only those of such packages are gone through.
 */
export function mayBeInert(name: string): boolean {
  return TELLING_NAME.test(name);
}

/** Whether a file, relative to the root, is for people or compilers alone by where it lies. */
export function isInertFile(path: string): boolean {
  return INERT_DIRECTORY.test(path) && !path.includes("/../");
}
