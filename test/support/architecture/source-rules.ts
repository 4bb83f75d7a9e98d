/** Rules about the source as text. Each returns what breaks it, as lines that name the file; none is fine. */

export interface SourceFile {
  /** From the repository's root, such as `src/jobs/id.ts`. */
  path: string;
  text: string;
}

interface Layer {
  imports: readonly string[];
  /** Packages it may import; undefined = any. */
  packages?: readonly string[];
}

/**
 * The layers: `lib <- jobs, expression <- blueprint <- registry/api <- service <- { mcp, rest, http, runner } <- index`,
 * beside them `egress`, for all that meet foreign addresses; an arrow is an import.
 */
const LAYERS: Record<string, Layer> = {
  limits: { imports: [], packages: [] },
  lib: { imports: ["limits"], packages: ["canonicalize"] },
  jobs: { imports: ["limits", "lib"], packages: ["zod"] },
  expression: {
    imports: ["limits", "lib"],
    packages: ["jsonata", "re2js", "@rgrove/parse-xml", "eventsource-parser", "node:buffer", "node:crypto"],
  },
  blueprint: {
    imports: ["limits", "lib", "jobs", "expression"],
    packages: ["zod", "@cfworker/json-schema"],
  },
  events: { imports: ["limits", "lib", "jobs"], packages: ["zod"] },
  triggers: { imports: ["limits", "lib", "jobs", "expression", "blueprint"], packages: ["zod", "croner"] },
  egress: { imports: ["limits", "lib", "jobs"], packages: ["ipaddr.js"] },
  catalog: { imports: ["limits", "lib", "jobs", "expression", "blueprint", "egress"] },
  "registry/api": { imports: ["limits", "lib", "jobs", "blueprint", "events", "triggers"] },
  env: { imports: ["limits", "lib", "jobs", "registry/api", "egress"] },
  auth: { imports: ["limits", "lib", "env", "jobs", "egress"] },
  registry: {
    imports: [
      "limits",
      "lib",
      "env",
      "jobs",
      "expression",
      "blueprint",
      "events",
      "egress",
      "triggers",
      "registry/api",
    ],
  },
  service: {
    imports: [
      "limits",
      "lib",
      "env",
      "jobs",
      "expression",
      "blueprint",
      "events",
      "triggers",
      "catalog",
      "registry/api",
      "auth",
      "egress",
    ],
  },
  runner: {
    imports: [
      "limits",
      "lib",
      "package.json",
      "env",
      "jobs",
      "expression",
      "blueprint",
      "registry/api",
      "catalog",
      "egress",
      "service",
    ],
  },
  mcp: {
    imports: [
      "limits",
      "lib",
      "env",
      "jobs",
      "blueprint",
      "events",
      "registry/api",
      "catalog",
      "auth",
      "egress",
      "service",
    ],
  },
  rest: { imports: ["limits", "lib", "env", "jobs", "registry/api", "auth", "service"] },
  http: { imports: ["limits", "lib", "env", "jobs", "registry/api", "auth", "egress", "service"] },
};

/** Static, side-effect, re-exporting and dynamic imports, types included. */
const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^;"'`]*?\bfrom\s*"([^"]+)"|(?:^|\n)\s*import\s*"([^"]+)"|\bimport\(\s*["`]([^"`]+)["`]/g;

export const importsOf = (text: string): string[] =>
  [...text.matchAll(IMPORT)].map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? "");

/** `src/jobs/id.ts` is of `jobs`, `src/limits.ts` is `limits`, all of `src/registry/api/` is `registry/api`. */
function layerOf(path: string): string {
  const inner = path.replace(/^src\//, "").replace(/\.ts$/, "");
  return inner.startsWith("registry/api/") ? "registry/api" : (inner.split("/")[0] ?? inner);
}

const ownPath = (path: string, specifier: string): string =>
  new URL(specifier, `file:///${path}`).pathname.replace(/^\//, "");

const packageOf = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

export function forbiddenImports({ path, text }: SourceFile): string[] {
  const from = layerOf(path);
  if (from === "index") return [];
  const layer = LAYERS[from];
  if (!layer) return [`${path}: no layer is called ${from}`];
  return importsOf(text).flatMap((specifier) => {
    const to = specifier.startsWith(".") ? layerOf(ownPath(path, specifier)) : undefined;
    const allowed =
      to === undefined
        ? (layer.packages?.includes(packageOf(specifier)) ?? true)
        : to === from || layer.imports.includes(to);
    return allowed ? [] : [`${path}: ${from} must not import ${specifier}`];
  });
}

/** What stands in few files only, so that all else can be tested without it. */
const KEPT_APART: readonly { what: string; pattern: RegExp; only: RegExp }[] = [
  {
    what: "SQL",
    pattern: /\bSELECT\s[\w*]|\bDELETE FROM\b|\bINSERT (?:OR \w+ )?INTO\b|\bUPDATE \w+ SET\b|\bsql\.exec\b/,
    only: /^src\/registry\/storage\//,
  },
  {
    what: "the clock",
    pattern: /\bDate\.now\b(?!")|\bnew Date\(\)|\bperformance\.now\b/,
    only: /^src\/(?:index|auth\/authenticate|http\/(?:oauth|routes)|registry\/(?:runner-entry|deliver\/callback-port)|rest\/rest-deps|runner\/job-workflow|service\/(?:context|events\/callbacks-of))\.ts$/,
  },
  {
    what: "Math.random",
    pattern: /\bMath\.random\b/,
    only: /^src\/(?:runner\/job-workflow|service\/context)\.ts$/,
  },
  { what: "the network", pattern: /\b(?:globalThis|self)\.fetch\b|= fetch\b/, only: /^src\/egress\// },
];

/** Uses of what must be handed in, or stands elsewhere. A `fetch` that is called must be one that was handed in. */
export function outOfPlace({ path, text }: SourceFile): string[] {
  const found = KEPT_APART.filter(({ pattern, only }) => pattern.test(text) && !only.test(path));
  const takesFetch = /\bfetch(?:[,:]|\s*\})/.test(text) || path.startsWith("src/egress/");
  const callsOwn = /(?<![.\w#])fetch\(/.test(text) && !takesFetch && !/^\s+fetch\(.*\): Promise/m.test(text);
  return [...found.map(({ what }) => what), ...(callsOwn ? ["the network"] : [])].map((what) => `${path}: ${what}`);
}

export function tooLong({ path, text }: SourceFile, maxLines: number): string[] {
  const lines = text.trimEnd().split("\n").length;
  return lines > maxLines ? [`${path}: ${lines} lines, more than ${maxLines}`] : [];
}

const TITLE = /^( *)(describe|it|test)\b[\w.]*(?:\([^"`]*\))?\(\s*(?:"([^"]*)"|`([^`]*)`)/gm;

/** Titles with their groups, such as `cancel > queued: settles at once`. Formatted source: the indent is the depth. */
function testNames(text: string): string[] {
  const groups: { indent: number; title: string }[] = [];
  return [...text.matchAll(TITLE)].flatMap(([, spaces = "", keyword, plain, template]) => {
    const indent = spaces.length;
    while ((groups.at(-1)?.indent ?? -1) >= indent) groups.pop();
    groups.push({ indent, title: plain ?? template ?? "" });
    return keyword === "describe" ? [] : [groups.map(({ title }) => title).join(" > ")];
  });
}

export function duplicateTestNames(files: readonly SourceFile[]): string[] {
  const firstPath = new Map<string, string>();
  return files.flatMap(({ path, text }) =>
    testNames(text).flatMap((name) => {
      const first = firstPath.get(name);
      firstPath.set(name, first ?? path);
      return first ? [`${path}: "${name}" is also in ${first}`] : [];
    }),
  );
}

/** Tests that run alone, do not run, are meant to fail, or (options beside the title) run again until they pass. */
const WEAKENED = [
  /\b(?:describe|it|test|suite)(?:\.\w+)*\.(?:only|skip|skipIf|runIf|todo|fails)\b/g,
  /\b(?:describe|it|test)\b[\w.]*(?:\([^()]*\))?\(\s*(?:"[^"]*"|`[^`]*`|\w+),\s*\{[^}]*\b(?:retry|skip|todo|fails|only)\b/g,
];

export const weakenedTests = ({ path, text }: SourceFile): string[] =>
  WEAKENED.flatMap((pattern) => [...text.matchAll(pattern)].map(([found]) => `${path}: ${found}`));
