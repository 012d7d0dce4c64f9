const COMPRESSED_NAME = /\.(?:gz|zst)$/u;

/** Whether a file that was found is wanted as it is, or once it is unpacked. */
export function isWanted(path: string, { wants }: { readonly wants: (path: string) => boolean }): boolean {
  return wants(path) || wants(path.replace(COMPRESSED_NAME, ""));
}
