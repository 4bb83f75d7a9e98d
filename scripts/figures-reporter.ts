import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";
import type { Figures } from "../tooling/figures.ts";
import type { Found } from "../tooling/figures-file.ts";

const nothing = (harness: string): Figures => ({ harness, seed: null, counts: {} });

/** Writes what the harnesses of a run found into the file that FIGURES_FILE names, as JSON. */
export default class FiguresReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const file = process.env.FIGURES_FILE;
    if (file === undefined) return;
    const found: Found[] = [];
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { figures } = test.meta();
        const { state } = test.result();
        if (figures !== undefined) found.push({ ...figures, passed: state === "passed" });
        // What failed before it had measured anything has a row all the same.
        else if (state === "failed") found.push({ ...nothing(test.fullName), passed: false });
      }
      if (module.state() === "failed" && module.errors().length > 0) {
        found.push({ ...nothing(module.relativeModuleId), passed: false });
      }
    }
    writeFileSync(file, JSON.stringify(found));
  }
}
