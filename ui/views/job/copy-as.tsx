import type { JobStatus } from "../../../src/jobs/view.ts";
import { get } from "../../lib/api.ts";
import { jsonText } from "../../lib/format.ts";
import { mcpCall } from "../../lib/mcp-call.ts";
import type { Explanation } from "../../lib/types.ts";
import { Copy } from "../../parts/copy.tsx";

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const curlOf = (body: object): string =>
  [
    `curl -X POST ${location.origin}/api/v1/jobs`,
    '-H "Authorization: Bearer $EDGE_JOBS_KEY"',
    '-H "Content-Type: application/json"',
    `-d ${quoted(JSON.stringify(body))}`,
  ].join(" \\\n  ");

/** The same job once more, for a shell, an agent, or a plan; or this page. */
export function CopyAs({ job }: { job: JobStatus }) {
  const submit = async () => {
    const { input } = await get<Explanation>(`/jobs/${encodeURIComponent(job.id)}/explanation`);
    return { blueprint: job.blueprint === "inline" ? job.plan : job.blueprint, input };
  };
  return (
    <details class="menu">
      <summary class="button">Copy as</summary>
      <div class="menu-items">
        <Copy text={async () => curlOf(await submit())} label="curl" />
        <Copy text={async () => mcpCall("jobs_submit_blueprint", await submit())} label="MCP call" />
        <Copy text={jsonText(job.plan)} label="Blueprint" />
        <Copy text={location.href} label="Link" />
      </div>
    </details>
  );
}
