import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DOCUMENTS } from "../tooling/build/documents.ts";

/** `npm run docs`: writes the documents that are made of the source. */
for (const [path, make] of Object.entries(DOCUMENTS)) {
  writeFileSync(join(import.meta.dirname, "..", path), await make());
  console.log(path);
}
