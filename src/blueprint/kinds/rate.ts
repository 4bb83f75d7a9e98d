import * as z from "zod";
import { MAX_LIMIT_KEY_CHARS, MAX_RATE_LIMIT, MAX_RATE_PER_MS } from "../../limits.ts";
import { strict } from "../strict.ts";
import { durationTerm, numberTerm } from "../terms.ts";
import { expression } from "./fields.ts";

/** What names a limit among all of the tenant; may be an expression, and then also come out as a number. */
export const limitKey = z.union([z.string().min(1).max(MAX_LIMIT_KEY_CHARS), z.int(), expression]);

/** How often all steps with the key act together. */
export const rate = strict({
  limit: numberTerm(1, MAX_RATE_LIMIT).describe("So many in `per`."),
  per: durationTerm(MAX_RATE_PER_MS).default("1 second").describe("Such as `1 minute`."),
  key: limitKey.describe("Such as `api.example.com`."),
})
  .optional()
  .describe("{limit, per, key}: how often all with the key act; see `guide/flow`.");
