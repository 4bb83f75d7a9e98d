import { lazy } from "../../lib/lazy.ts";
import type { LinesProps } from "./difference-lines.tsx";

/** Two texts, line by line; the code that compares is loaded with the first. */
export const Differences = lazy<LinesProps>(async () => (await import("./difference-lines.tsx")).DifferenceLines);
