/**
 * Names what is asked of a tree, and in which version: an inventory may be kept for as long as this stays the same.
 * `frame` is raised when distributions, accounts, ids or owners come out differently from the same tree.
 *
 * Written out, because an inventory that was kept is to be found without loading what made it; a test holds it
 * against the catalogers.
 */
export const CATALOGER_REVISION =
  "frame@3+apk@1+cocoapods@1+conda@1+dart@1+dotnet@1+dpkg@3+elixir@2+go@2+java@1+npm@1+opkg@1+pacman@1+php@1+programs@2+python@1+rpm@2+ruby@1+rust@1+sbom@1+swift@1";
