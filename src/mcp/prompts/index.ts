import type { Prompt } from "../prompt.ts";
import { plan } from "./plan.ts";
import { postmortem } from "./postmortem.ts";

export const PROMPTS: readonly Prompt[] = [plan, postmortem];
