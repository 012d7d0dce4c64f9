/** The answer to a call; the message is for the person who made it. */
export interface Decision {
  readonly allow: boolean;
  readonly message: string;
}
