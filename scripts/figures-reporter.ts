import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";
import type { Found } from "../tooling/figures-file.ts";

/** Writes what the harnesses of a run found into the file that FIGURES_FILE names, as JSON. */
export default class FiguresReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const file = process.env.FIGURES_FILE;
    if (file === undefined) return;
    const found: Found[] = [];
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { figures } = test.meta();
        if (figures !== undefined) found.push({ ...figures, passed: test.result().state === "passed" });
      }
    }
    writeFileSync(file, JSON.stringify(found));
  }
}
