/** What is done with files of a collection of fixtures. */
export interface FixtureRow {
  readonly files: RegExp;
  readonly use:
    | { readonly kind: "feed"; readonly reader: string }
    /** Put where an image would have it, beside what shows that a lock file was carried out. */
    | {
        readonly kind: "packages";
        readonly cataloger: string;
        readonly at: (path: string) => string;
        readonly beside?: string | undefined;
      }
    /** A text archive (golang.org/x/tools/txtar) of files as they lie in an image. */
    | { readonly kind: "tree"; readonly cataloger: string }
    | { readonly kind: "sbom" }
    | { readonly kind: "tested"; readonly by: string }
    | { readonly kind: "left"; readonly why: string };
}
