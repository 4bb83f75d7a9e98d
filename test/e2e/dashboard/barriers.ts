import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What a program can check of WCAG 2.2 AA: contrast, names, roles, labels, landmarks, sizes of what is pressed. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

interface Finding {
  id: string;
  help: string;
  nodes: { target: unknown[]; any: { message: string }[] }[];
}

/** What keeps somebody from using the page as it stands, in words; empty: nothing is known. */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const options = { runOnly: RULES, resultTypes: ["violations"], preload: false };
  const found = (await page.evaluate(`axe.run(document, ${JSON.stringify(options)})`)) as { violations: Finding[] };
  return found.violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, any }) => `${id}: ${target.join(" ")}: ${any[0]?.message ?? help}`),
  );
}
