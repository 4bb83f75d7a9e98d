import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { DOCUMENTS as MADE } from "../tooling/build/documents.ts";
import { BUDGETS } from "../tooling/tiers.ts";

const ROOT = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const DOCUMENTS = [
  "AGENTS.md",
  "CONTRIBUTING.md",
  "README.md",
  "SECURITY.md",
  ...globSync(["docs/*.md", "src/**/*.md"], { cwd: ROOT }),
];

/** Folders whose files are named from the root. */
const PATH = /`((?:bench|demo|docs|examples|scripts|src|test|tooling)\/[^`\s]*)`/g;
/** Files of the source that are named without their folder. */
const NAME = /`((?:[\w-]+\/)*[\w-]+\.ts)`/g;
const LINK = /\]\((?!https?:|#)([^)#\s]+)/g;

/** Placeholders such as `<name>` stand for any file: the folder before them must be there. */
const found = (path: string): boolean => {
  const fixed = path.replace(/<.*$/, "");
  const target = fixed === path ? path : dirname(`${fixed}x`);
  return existsSync(join(ROOT, target)) || globSync(target, { cwd: ROOT }).length > 0;
};

describe.each(DOCUMENTS)("%s", (document) => {
  const text = read(document);

  it("names only files that there are", () => {
    const named = [...text.matchAll(PATH)].map(([, path = ""]) => path.replace(/[.,:;]$/, ""));
    const linked = [...text.matchAll(LINK)].map(([, path = ""]) => join(dirname(document), path));
    const files = [...text.matchAll(NAME)].map(
      ([, path = ""]) => `{,{bench,demo,scripts,src,test,tooling}/**/}${path}`,
    );
    expect([...named, ...linked, ...files].filter((path) => !found(path))).toEqual([]);
  });

  it("names only scripts that there are", () => {
    const { scripts } = JSON.parse(read("package.json"));
    const named = [...text.matchAll(/\bnpm run (?:--silent )?([a-z][\w:]*)/g)].map(([, name = ""]) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

it.each(Object.entries(MADE))("%s is what the source says; npm run docs writes it anew", async (path, make) => {
  expect(read(path)).toBe(await make());
});

it("the README is read in a few minutes", () => {
  expect(read("README.md").split("\n").length).toBeLessThanOrEqual(150);
});

it("the list of dependencies has a reason for each of them, and for none that is gone", () => {
  const { dependencies, devDependencies } = JSON.parse(read("package.json"));
  const rows = [...read("docs/dependencies.md").matchAll(/^\| (`[^|]+`) *\| \S/gm)];
  const named = rows.flatMap(([, cell = ""]) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name));
  expect(named.sort()).toEqual(Object.keys({ ...dependencies, ...devDependencies }).sort());
});

it("the document of what is promised lists each budget as it is", () => {
  const rows = [...read("docs/reliability.md").matchAll(/^\| `([A-Z_]+)` *\| (.+?) *\| (\d+) *\| (\d+) *\|$/gm)];
  const listed = rows.map(([, name, counts, test, full]) => [name, counts, Number(test), Number(full)]);
  expect(listed).toEqual(Object.entries(BUDGETS).map(([name, { counts, test, full }]) => [name, counts, test, full]));
});

describe("docs/cost.md", () => {
  const text = read("docs/cost.md");
  const [section = ""] = text.split("## Edge Jobs on Workers Paid")[1]?.split("\n## ") ?? [];
  const rows = section.split("\n").filter((line) => line.startsWith("|") && line.includes("$"));
  const cells = rows.map((line) => line.split("|").map((cell) => cell.trim()));
  const number = (cell: string) =>
    Number(
      cell
        .replace(/^\**\$?/, "")
        .replace(/[^\d.,].*$/, "")
        .replaceAll(",", ""),
    );
  const counted = (cell: string) => number(cell) * (cell.includes("million") ? 1_000_000 : 1);
  const unit = (price: string) => (price.includes(" a million") ? 1_000_000 : number(price.split(" a ")[1] ?? "") || 1);

  it("has costs that are its counts at its prices, and their sum", () => {
    const priced = cells.slice(0, -1);
    expect(priced.length).toBeGreaterThan(5);
    for (const [, what, , count = "", price = "", cost = ""] of priced) {
      expect([what, number(cost)]).toEqual([what, Number(((counted(count) / unit(price)) * number(price)).toFixed(2))]);
    }
    const sum = priced.reduce((total, [, , , , , cost = ""]) => total + number(cost), 0);
    expect(number(cells.at(-1)?.[5] ?? "")).toBeCloseTo(sum, 2);
  });

  it("compares others with that sum", () => {
    const sum = Math.round(number(cells.at(-1)?.[5] ?? ""));
    expect(text).toContain(`|          $${sum} | yes            |`);
  });
});

describe("each command of a document", () => {
  /** What runs it, by its first words. */
  const RUN: readonly [command: RegExp, by: string, sign: string][] = [
    [/^npm ci(?: && npm test)?$/, ".ci/run", "npm test"],
    [/^npm (?:ci && npm )?run demo$/, "test/e2e/newcomer/demo.test.ts", "demo/demo.ts"],
    [/^npm run (?:check)$|^npm test$/, ".ci/run", "npm test"],
    [/^npm run dev$/, "tooling/servers/dev-server.ts", "wrangler"],
    [/^npm run deploy -- --dry-run$/, "test/e2e/deploy.test.ts", "--dry-run"],
    [/^npm run worker$/, "test/e2e/workers.test.ts", "examples/worker"],
    [/^npm run keys -- create/, "test/e2e/security/access.test.ts", "scripts/keys"],
    [/^curl /, "test/e2e/newcomer/readme.test.ts", "curl"],
    [/^edge-jobs /, "test/e2e/packages.test.ts", "documents say"],
  ];
  /** What cannot be run by everybody, and the word by which its document says so. */
  const NEEDS: readonly [command: RegExp, word: RegExp][] = [
    [/^npx wrangler (?:login|secret put)|^npm run deploy$|^npm run keys -- revoke/, /account/],
    [/^claude (?:mcp add|--dangerously)/, /Claude Code|needs an account/],
    [/^(?:BENCH_QUICK=1 )?npm run bench$|^node bench\/profile\.ts/, /quiet/],
  ];
  const PAGES = ["README.md", "CONTRIBUTING.md", "packages/*/README.md", "examples/**/*.md", "docs/*.md"];
  const pages = globSync(PAGES, { cwd: ROOT });
  const SHELL = /^[ ]*```(?:sh|bash|console)?\n([\s\S]*?)^[ ]*```$/gm;
  const PROGRAM = /^(?:[A-Z_]+=\S+ )?(?:npm|npx|node|curl|claude|edge-jobs|git|wrangler|docker) /;

  /** Without comments; one that goes on over lines is told by its first. */
  const commandsOf = (text: string): string[] =>
    [...text.matchAll(SHELL)]
      .flatMap(([, block = ""]) => block.split("\n"))
      .map((line) => line.replace(/\s+#.*$/, "").trim())
      .filter((line) => PROGRAM.test(line));

  it("is run by a test, or says what it needs that not everybody has", () => {
    const told = pages.flatMap((page) => commandsOf(read(page)).map((command) => ({ page, command })));
    expect(told.length).toBeGreaterThan(20);
    const open = told.filter(({ page, command }) => {
      const run = RUN.find(([pattern]) => pattern.test(command));
      if (run !== undefined) return !read(run[1]).includes(run[2]);
      const need = NEEDS.find(([pattern]) => pattern.test(command));
      return need === undefined || !need[1].test(read(page));
    });
    expect(open).toEqual([]);
  });

  it("has a rule that still applies", () => {
    const commands = pages.flatMap((page) => commandsOf(read(page)));
    const rules = [...RUN, ...NEEDS].map(([pattern]) => pattern);
    expect(rules.filter((pattern) => !commands.some((command) => pattern.test(command)))).toEqual([]);
  });
});
