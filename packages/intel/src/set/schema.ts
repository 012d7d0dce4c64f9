/** Rows are numbered from 0 without gaps where nothing was held back: the number is what snapshots call an indicator. */
export const SCHEMA = `
CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
CREATE TABLE indicator (
  id INTEGER PRIMARY KEY,
  key INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  value TEXT NOT NULL,
  port INTEGER NOT NULL,
  source INTEGER NOT NULL,
  family INTEGER NOT NULL,
  confidence INTEGER NOT NULL,
  first_seen INTEGER NOT NULL,
  expires_at INTEGER,
  held_by INTEGER NOT NULL
) STRICT;
`;

/** Made when all rows are in: one sort is quicker than a million places to find. */
export const INDEX = "CREATE INDEX indicator_key ON indicator (key);";

/** Why an indicator is not blocked by: `held_by` is 0, or the word for it. */
export const LOW_CONFIDENCE = "low confidence";
