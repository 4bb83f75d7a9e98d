import page from "../apps/progress.html";
import type { FixedResource } from "../resource.ts";

/** Tools that answer with one job name it as their view: hosts that know MCP Apps show it, others never ask for it. */
export const PROGRESS_APP_URI = "ui://jobs/progress";

/** @see https://github.com/modelcontextprotocol/ext-apps/blob/main/specification/2026-01-26/apps.mdx */
export const progressApp: FixedResource = {
  name: "progress",
  title: "Job progress",
  description: "A page that shows a job's live progress, steps and result, with buttons to cancel it and to answer it.",
  mimeType: "text/html;profile=mcp-app",
  uri: PROGRESS_APP_URI,
  cacheHint: { ttlMs: 300_000, cacheScope: "public" },
  // It loads nothing from anywhere: the host's strictest policy is right for it.
  meta: { ui: { prefersBorder: true } },
  read: () => page,
};
