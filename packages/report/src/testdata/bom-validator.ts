import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";

let compiled: ValidateFunction | undefined;

/** Holds a document against the schema of CycloneDX 1.6, which takes a second to compile: the same one each time. */
export function bomValidator(): ValidateFunction {
  compiled ??= compileSchema();
  return compiled;
}

function compileSchema(): ValidateFunction {
  const library = path.dirname(
    createRequire(import.meta.url).resolve("@cyclonedx/cyclonedx-library/package.json"),
  );
  const schemaOf = (name: string) =>
    JSON.parse(readFileSync(path.join(library, "res/schema", `${name}.SNAPSHOT.schema.json`), "utf8"));
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true });
  addFormats.default(ajv);
  // Formats of a later draft, which nothing here has.
  ajv.addFormat("iri-reference", (text: string) => !/[\s<>"{}|\\^`]/u.test(text));
  ajv.addFormat("idn-email", true);
  ajv.addSchema(schemaOf("spdx"), "http://cyclonedx.org/schema/spdx.SNAPSHOT.schema.json");
  ajv.addSchema(schemaOf("jsf-0.82"), "http://cyclonedx.org/schema/jsf-0.82.SNAPSHOT.schema.json");
  return ajv.compile(schemaOf("bom-1.6"));
}
