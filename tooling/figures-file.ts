import type { Figures } from "./figures.ts";

/** What a harness found, over all tests that ran for it. */
export interface Found extends Figures {
  passed: boolean;
}

/** The worst of several tests is the worst; everything else is counted together. */
const isWorst = (name: string): boolean => name.startsWith("slowest") || name.startsWith("most");

function together(a: Record<string, number>, b: Record<string, number>): Record<string, number> {
  const sum = { ...a };
  for (const [name, count] of Object.entries(b)) {
    const before = sum[name] ?? 0;
    sum[name] = isWorst(name) ? Math.max(before, count) : before + count;
  }
  return sum;
}

/** One line a harness. It passed when all of its tests did. */
export function byHarness(found: readonly Found[]): Found[] {
  const harnesses = new Map<string, Found>();
  for (const one of found) {
    const before = harnesses.get(one.harness);
    const counts = before === undefined ? one.counts : together(before.counts, one.counts);
    harnesses.set(one.harness, { ...one, counts, passed: one.passed && (before?.passed ?? true) });
  }
  return [...harnesses.values()];
}

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });

/** `seeds 500, jobs 10,868, lost 0` */
export const asText = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${number.format(count)}`)
    .join(", ");

/** A Markdown table, one row a harness. */
export function table(found: readonly Found[]): string {
  const rows = byHarness(found).map(({ harness, seed, counts, passed }) => {
    return `| ${harness.replaceAll("|", "\\|")} | ${seed ?? ""} | ${asText(counts)} | ${passed ? "passed" : "FAILED"} |`;
  });
  return ["| harness | seed | figures | result |", "| --- | --- | --- | --- |", ...rows].join("\n");
}
