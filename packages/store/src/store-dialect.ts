import type { ColumnDefinitionBuilder, Dialect } from "kysely";

/** All in which one database differs from another. A member of this family is one folder. */
export interface StoreDialect {
  readonly dialect: Dialect;
  /** The name of the type of a column of bytes. */
  readonly bytes: "blob" | "bytea";
  /** Makes a column the primary key that counts upwards and never gives a number twice. */
  sequence(column: ColumnDefinitionBuilder): ColumnDefinitionBuilder;
}
