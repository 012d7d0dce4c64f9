/** Names how copyright files are read, for as long as which what was found may be kept: raised when one gives others. */
export const LICENSES_REVISION = 2;
