import { z } from "zod";
import { suggest } from "./suggest.ts";

type Path = readonly PropertyKey[];

/** Puts a fault that the schema found into our words: what was expected, what was found, what was meant. */
export function describeIssue(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
): readonly { readonly path: Path; readonly message: string }[] {
  const { path } = issue;
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = knownKeys(schema, path);
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: `unknown field ${JSON.stringify(key)}${suggest(key, known)}`,
      }));
    }
    case "invalid_union": {
      const [first = []] = issue.errors;
      if (issue.message !== "Invalid input") return [{ path, message: issue.message }];
      return first.flatMap((inner) => describeIssue({ ...inner, path: [...path, ...inner.path] }, schema));
    }
    case "invalid_value": {
      const values = issue.values.map(String);
      const found = typeof issue.input === "string" ? issue.input : "";
      return [{ path, message: `expected one of ${values.join(", ")}${suggest(found, values)}` }];
    }
    default:
      return [{ path, message: plainMessage(issue.message) }];
  }
}

/** `spec.rules[2].deny` */
export function formatPath(path: Path): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else text += text === "" ? String(part) : `.${String(part)}`;
  }
  return text;
}

function plainMessage(message: string): string {
  if (message.endsWith("received undefined")) return "is missing";
  const plain = message.replace(/^Invalid (?:input|option|string): /u, "").replace("received", "found");
  return plain.charAt(0).toLowerCase() + plain.slice(1);
}

function knownKeys(schema: z.ZodType, path: Path): readonly string[] {
  let current: unknown = schema;
  for (const part of path) {
    current = bare(current);
    if (current instanceof z.ZodObject) current = current.shape[String(part)];
    else if (current instanceof z.ZodArray) current = current.element;
  }
  const last = bare(current);
  return last instanceof z.ZodObject ? Object.keys(last.shape) : [];
}

/** The schema inside "optional", and the first of several alternatives. */
function bare(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional) return bare(schema.unwrap());
  if (schema instanceof z.ZodUnion) return bare(schema.options[0]);
  return schema;
}
