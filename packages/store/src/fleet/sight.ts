import type { Visibility } from "@pratique/access";
import type { Scope } from "@pratique/core";
import { type Expression, type RawBuilder, type SqlBool, sql } from "kysely";
import type { StoreDialect } from "../store-dialect.ts";

type Condition = RawBuilder<SqlBool>;

/**
 * What somebody may see, as conditions of queries. Each method says for the rows of one table what `shows` of
 * @pratique/access says for the things themselves; a property test holds them to each other. The tables go by their own
 * names in the query.
 */
export class Sight {
  readonly #fits: StoreDialect["fits"];

  constructor({ fits }: Pick<StoreDialect, "fits">) {
    this.#fits = fits;
  }

  /** Rows of `hosts`. */
  hosts(seen: Visibility): Condition {
    return visible(seen, (scope) =>
      scope.registries === undefined ? this.#onHost(scope, sql.ref("hosts.name")) : never,
    );
  }

  /** Rows of a table with a column of image ids: `images.image_id`, or what stands for it. */
  images(seen: Visibility, column: string | RawBuilder<unknown>): Condition {
    const imageId = typeof column === "string" ? sql.ref(column) : column;
    return visible(seen, (scope) => {
      const conditions: Condition[] = [];
      if (scope.hosts !== undefined || scope.labels !== undefined) {
        const onHost = this.#onHost(scope, sql.ref("image_locations.host"));
        conditions.push(sql`${imageId} in (select image_id from image_locations where ${onHost})`);
      }
      if (scope.registries !== undefined) {
        const fits = this.#fitsAny(sql.ref("image_repositories.repository"), scope.registries);
        conditions.push(sql`${imageId} in (select image_id from image_repositories where ${fits})`);
      }
      return all(conditions);
    });
  }

  /**
   * Rows of `containers`, of `launches` and of what has their columns: each lies on one host, and its image has one name. With `plain`, so written
   * that no index on it is used.
   */
  placed(
    seen: Visibility,
    table: "containers" | "launches" | "detections" | "responses" | "container_runtimes",
    { plain = false }: { readonly plain?: boolean } = {},
  ): Condition {
    const column = (name: "host" | "repository") => {
      const indexed = sql.ref<string>(`${table}.${name}`);
      return plain ? sql<string>`(${indexed} || '')` : indexed;
    };
    return visible(seen, (scope) => {
      const onHost = this.#onHost(scope, column("host"));
      if (scope.registries === undefined) return onHost;
      return all([onHost, this.#fitsAny(column("repository"), scope.registries)]);
    });
  }

  /** Rows of `registry_images`, which lie on no host. */
  registryImages(seen: Visibility): Condition {
    return visible(seen, ({ hosts, labels, registries }) =>
      hosts === undefined && labels === undefined && registries !== undefined
        ? this.#fitsAny(sql.ref("registry_images.repository"), registries)
        : never,
    );
  }

  #onHost({ hosts, labels }: Scope, name: Expression<string>): Condition {
    const conditions = hosts === undefined ? [] : [this.#fitsAny(name, hosts)];
    for (const [key, values] of Object.entries(labels ?? {})) {
      const fits = this.#fitsAny(sql.ref("host_labels.value"), values);
      // Not correlated: the database finds the hosts once, not for each row.
      conditions.push(
        sql`${name} in (select host from host_labels where host_labels.key = ${key} and ${fits})`,
      );
    }
    return all(conditions);
  }

  #fitsAny(text: Expression<string>, patterns: readonly string[]): Condition {
    return any(
      patterns.map((pattern) =>
        pattern.includes("*") ? sql<SqlBool>`${this.#fits(text, pattern)}` : sql`${text} = ${pattern}`,
      ),
    );
  }
}

/** Whether a visibility hides nothing at all. */
export function seesEverything(seen: Visibility): boolean {
  return seen.every((scopes) =>
    scopes.some(
      ({ hosts, labels, registries }) =>
        hosts === undefined && labels === undefined && registries === undefined,
    ),
  );
}

const always: Condition = sql`1 = 1`;
const never: Condition = sql`1 = 0`;

function visible(seen: Visibility, covers: (scope: Scope) => Condition): Condition {
  return all(seen.filter((scopes) => !seesEverything([scopes])).map((scopes) => any(scopes.map(covers))));
}

function all(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? always : sql`(${sql.join(conditions, sql` and `)})`;
}

function any(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? never : sql`(${sql.join(conditions, sql` or `)})`;
}
