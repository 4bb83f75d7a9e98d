import { styleText } from "node:util";
import { z } from "zod";

/** The result of `url-audit`, as the demo reads it. */
export const AuditResult = z.object({
  summary: z.object({
    total: z.int(),
    ok: z.int(),
    broken: z.array(z.object({ url: z.string(), status: z.int().nullable() })),
    redirected: z.int(),
    bytes: z.int(),
    slowest: z.object({ url: z.string(), latency_ms: z.int() }),
  }),
  pages: z.array(
    z.object({
      url: z.string(),
      status: z.int().nullable(),
      ok: z.boolean(),
      bytes: z.int(),
      title: z.string().nullable(),
      latency_ms: z.int(),
      redirects: z.int(),
      error: z.string().nullable(),
    }),
  ),
});
export type AuditResult = z.infer<typeof AuditResult>;

const HEADER = ["status", "ms", "bytes", "redirects", "url", "title or error"];

/** One line for each page, then the summary. */
export function auditTable({ pages, summary }: AuditResult): string[] {
  const rows = pages.map((page) => [
    page.status === null ? "none" : String(page.status),
    String(page.latency_ms),
    String(page.bytes),
    String(page.redirects),
    page.url,
    page.error ?? page.title ?? "",
  ]);
  const widths = HEADER.map((title, i) => Math.max(...[HEADER, ...rows].map((row) => (row[i] ?? title).length)));
  const line = (row: string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd();
  return [
    styleText("bold", line(HEADER)),
    ...rows.map((row, i) => styleText(pages[i]?.ok ? "green" : "red", line(row))),
    "",
    `${summary.ok} of ${summary.total} ok, ${summary.redirected} redirected, ${summary.bytes} bytes, ` +
      `slowest ${summary.slowest.url} (${summary.slowest.latency_ms} ms)`,
  ];
}
