import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What lies in the folder of a bundle. Whoever only serves one need not load wrangler, which makes it. */

/** What wrangler.toml says of the Worker, as JSON, beside the code. */
export const OPTIONS_FILE = "options.json";

/** The code: the entry first, as Miniflare wants it. */
export function modulesIn(folder: string) {
  const isModule = (name: string) => /\.(js|html|txt)$/.test(name);
  const names = readdirSync(folder).filter(isModule);
  return names
    .toSorted((a, b) => Number(b.endsWith(".js")) - Number(a.endsWith(".js")))
    .map((name) => {
      const path = join(folder, name);
      return { type: name.endsWith(".js") ? "ESModule" : "Text", path, contents: readFileSync(path, "utf8") } as const;
    });
}
