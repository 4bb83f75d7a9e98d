import { guideText } from "../guide/guide.ts";
import type { FixedResource } from "../resource.ts";

export const guide: FixedResource = {
  name: "guide",
  title: "Blueprint guide",
  description: "The whole blueprint language on one page, with examples. Read it before you write a blueprint.",
  mimeType: "text/markdown",
  uri: "blueprint://guide",
  cacheHint: { ttlMs: 300_000, cacheScope: "public" },
  read: ({ handlers }) => guideText(handlers),
};
