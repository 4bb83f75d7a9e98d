import * as z from "zod";
import { ok } from "../../lib/result.ts";
import { DEFAULT_LINKS, MAX_LINKS, MAX_URL_CHARS } from "../../limits.ts";
import { defineHandler } from "../define-handler.ts";
import { linksOf } from "./html.ts";

export const extractLinks = defineHandler({
  name: "extract-links",
  description: "The absolute http and https links of an HTML page, without fragments, each once, in order.",
  input: z.strictObject({
    html: z.string().describe("The page"),
    base_url: z
      .url({ protocol: /^https?$/ })
      .max(MAX_URL_CHARS)
      .describe("Where the page came from"),
    limit: z.int().min(1).max(MAX_LINKS).default(DEFAULT_LINKS).describe("Links to return at most"),
  }),
  output: z.strictObject({ links: z.array(z.string()) }),
  run: async ({ html, base_url, limit }) => ok({ links: await linksOf(html, base_url, limit) }),
});
