/** What the program ends with. */
export const exitCodes = {
  fine: 0,
  /** One line on standard error says why. */
  couldNotRun: 1,
  problems: 2,
  /** Nothing wrong was found, but not all could be looked at: never taken for fine. */
  notFullyChecked: 3,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
