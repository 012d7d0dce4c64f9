/** What a peer of the map is called. The server says `many` of those whose addresses it does not tell apart. */
export function peerName({ id, label }: { readonly id: string; readonly label: string }): string {
  return id === "outside:many" ? "many addresses" : label;
}
