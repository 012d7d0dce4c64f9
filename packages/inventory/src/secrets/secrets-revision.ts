/** Names the rules in which version, for as long as which what was found may be kept: raised when an image gives others. */
export const SECRETS_REVISION = 2;
