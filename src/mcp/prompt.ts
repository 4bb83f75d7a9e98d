import type { Result } from "../lib/result.ts";
import type { McpDeps } from "./deps.ts";
import type { Complete } from "./resource.ts";

/** A prompt with one required argument. */
export interface Prompt {
  name: string;
  title: string;
  description: string;
  argument: { name: string; description: string; complete?: Complete };
  /** The text that the user's model is asked to work on, or what is wrong with the argument. */
  render: (value: string, deps: McpDeps) => Promise<Result<string, string>>;
}
