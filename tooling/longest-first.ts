import { matchesGlob, relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { LONGEST } from "./tiers.ts";

/**
 * The order of the files of a project: the longest begin first, so that none is left over when all others are done. By
 * itself vitest only knows how long a file took when it ran here before, and a fresh clone has the sizes of files.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const projects = Map.groupBy(sorted, ({ project }) => project);
    return [...projects.values()].flatMap((own) => own.toSorted((a, b) => this.#placeOf(a) - this.#placeOf(b)));
  }

  #placeOf({ moduleId }: TestSpecification): number {
    const path = relative(this.ctx.config.root, moduleId);
    const place = LONGEST.findIndex((pattern) => matchesGlob(path, pattern));
    return place < 0 ? LONGEST.length : place;
  }
}
