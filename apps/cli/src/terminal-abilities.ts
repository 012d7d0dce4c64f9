/** What the environment says of the terminal: https://no-color.org/, and terminfo's name for one that only prints. */
export function terminalAbilities({ NO_COLOR = "", TERM }: NodeJS.ProcessEnv): {
  /** It shows colours, and its user wants them. */
  readonly color: boolean;
  /** A line may be drawn over the last one. */
  readonly redraw: boolean;
} {
  const redraw = TERM !== "dumb";
  return { color: redraw && NO_COLOR === "", redraw };
}
