import type { parse } from "@bufbuild/cel";
import { ANY, BOOL, DOUBLE, INT, STRING, type Type } from "./cel-type.ts";

/** CEL's syntax tree. */
export type Expr = ReturnType<typeof parse>["expr"];

/** One kind of node. */
export type ExprOf<Kind> = Extract<Expr["exprKind"], { case: Kind }>["value"];

/** The text that is written out here, if it is one. */
export function stringConstant(expr: Expr | undefined): string | undefined {
  if (expr?.exprKind.case !== "constExpr") return undefined;
  const { constantKind } = expr.exprKind.value;
  return constantKind.case === "stringValue" ? constantKind.value : undefined;
}

/** The type of what is written out. */
export function constantType(constant: ExprOf<"constExpr">): Type {
  switch (constant.constantKind.case) {
    case "boolValue":
      return BOOL;
    case "int64Value":
    case "uint64Value":
      return INT;
    case "doubleValue":
      return DOUBLE;
    case "stringValue":
      return STRING;
    case "bytesValue":
      return { kind: "bytes" };
    case "nullValue":
      return { kind: "null" };
    default:
      return ANY;
  }
}
