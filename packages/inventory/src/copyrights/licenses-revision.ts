/** Names how copyright files and texts of licences are read, for as long as which what was found may be kept: raised when one gives others. */
export const LICENSES_REVISION = 3;
