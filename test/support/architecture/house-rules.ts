import { basename, dirname, join, normalize } from "node:path";
import { importsOf, type SourceFile } from "./source-rules.ts";

/** Rules about all files of the repository: who may import whom, and what a folder may hold. None found is fine. */

/** What each file imports of this repository, by path. */
export function importGraph(files: readonly SourceFile[]): Map<string, string[]> {
  const known = new Set(files.map(({ path }) => path));
  const ofThisRepository = ({ path, text }: SourceFile): string[] =>
    importsOf(text)
      .filter((specifier) => specifier.startsWith("."))
      .map((specifier) => normalize(join(dirname(path), specifier)))
      .filter((target) => known.has(target));
  return new Map(files.map((file) => [file.path, ofThisRepository(file)]));
}

const floorOf = (path: string): string => path.split("/")[0] ?? path;

/** What each floor imports besides itself. */
const BELOW: Record<string, readonly string[]> = {
  src: [],
  packages: [],
  ui: ["src"],
  tooling: ["src"],
  bench: ["src", "tooling"],
  demo: ["src", "tooling"],
  scripts: ["src", "tooling"],
  test: ["src", "tooling", "ui", "packages"],
};

export function crossings(graph: ReadonlyMap<string, readonly string[]>): string[] {
  return [...graph].flatMap(([path, targets]) => {
    const from = floorOf(path);
    const allowed = [from, ...(BELOW[from] ?? [])];
    return targets.filter((to) => !allowed.includes(floorOf(to))).map((to) => `${path} imports ${to}`);
  });
}

/** The groups of nodes that reach each other, each in order: Tarjan's strongly connected components. */
export function circles(graph: ReadonlyMap<string, Iterable<string>>): string[][] {
  const order = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  /** @returns the earliest node on the stack that this one reaches */
  const visit = (node: string): number => {
    const own = order.size;
    order.set(node, own);
    stack.push(node);
    const reached = [...(graph.get(node) ?? [])].map((next) => {
      const before = order.get(next);
      if (before === undefined) return visit(next);
      return stack.includes(next) ? before : own;
    });
    const earliest = Math.min(own, ...reached);
    if (earliest < own) return earliest;
    const group = stack.splice(stack.indexOf(node));
    if (group.length > 1) found.push(group.toSorted());
    return Number.POSITIVE_INFINITY;
  };
  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return found;
}

/** Folders beside each other, at any depth, that import each other: a folder and those inside it are one. */
export function folderCircles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const beside = new Map<string, Map<string, Set<string>>>();
  for (const [path, targets] of graph) {
    for (const to of targets) {
      const [a, b] = [dirname(path).split("/"), dirname(to).split("/")];
      const depth = a.findIndex((part, i) => part !== b[i]);
      if (depth < 0 || depth >= b.length) continue;
      const siblings = beside.get(a.slice(0, depth).join("/")) ?? new Map<string, Set<string>>();
      beside.set(a.slice(0, depth).join("/"), siblings);
      const [from, into] = [a, b].map((parts) => parts.slice(0, depth + 1).join("/")) as [string, string];
      siblings.set(from, (siblings.get(from) ?? new Set()).add(into));
    }
  }
  return [...beside.values()].flatMap(circles);
}

/** @returns folders with more files directly in them, with their number */
export function crowded(paths: readonly string[], most: number): string[] {
  const counts = new Map<string, number>();
  for (const path of paths) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  return [...counts].filter(([, count]) => count > most).map(([folder, count]) => `${folder}: ${count}`);
}

/** Names that several files have, with their paths. */
export function sameNames(paths: readonly string[]): string[] {
  const byName = Map.groupBy(paths, (path) => basename(path));
  return [...byName].flatMap(([name, all]) => (all.length > 1 ? [`${name}: ${all.toSorted().join(", ")}`] : []));
}

/**
 * Tests that nobody would find: one of `src/a/b.ts` is `test/a/b.test.ts`, or `test/a/b-<what>.test.ts`; one of a whole
 * folder `src/a` is anywhere in `test/a`.
 */
export function misplaced(tests: readonly string[], source: readonly string[], elsewhere: readonly string[]): string[] {
  const folders = new Set(source.flatMap((path) => [dirname(path), dirname(dirname(path))]));
  return tests.filter((path) => {
    const folder = dirname(path);
    const isOfTheRepository = folder === "test" || elsewhere.some((root) => `${folder}/`.startsWith(`${root}/`));
    return !isOfTheRepository && !folders.has(folder.replace(/^test/, "src"));
  });
}
