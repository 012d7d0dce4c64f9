/**
 * Names what is asked of a tree, and in which version: an inventory may be kept for as long as this stays the same.
 * `frame` is raised when distributions, accounts, ids, owners or files that may run come out differently from the same tree,
 * or trees from the same layers.
 *
 * Written out, because an inventory that was kept is to be found without loading what made it; a test holds it
 * against the catalogers.
 */
export const CATALOGER_REVISION =
  "frame@8+apk@4+cocoapods@1+conda@2+dart@1+dotnet@2+dpkg@4+elixir@4+go@6+java@6+npm@5+opkg@3+pacman@2+php@3+programs@8+python@3+rpm@4+ruby@2+rust@2+sbom@6+swift@1";
