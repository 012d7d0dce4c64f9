// Writes docs/reference/rule-fields.md from the sensor's table of fields. A test holds the two together.

import { writeFileSync } from "node:fs";
import path from "node:path";
import { fieldReference } from "../packages/sensor/src/fields/field-reference.ts";

writeFileSync(path.resolve(import.meta.dirname, "../docs/reference/rule-fields.md"), fieldReference());
