import { postmortemText } from "../../../src/mcp/replies/postmortem.ts";
import type { Explanation } from "../../../src/registry/api/caller.ts";
import { get } from "../../lib/api.ts";
import { useLive } from "../../lib/live.ts";
import { Copy } from "../../parts/copy.tsx";
import { Problem } from "../../parts/problem.tsx";
import { ScrollingText } from "../../parts/scrolling.tsx";

/** The text that jobs_postmortem gives a model. */
export function Postmortem({ id }: { id: string }) {
  const load = () => get<Explanation>(`/jobs/${encodeURIComponent(id)}/explanation`);
  const { value, error } = useLive(`postmortem ${id}`, load, () => 0);
  if (value === undefined) return <Problem error={error} />;
  const text = postmortemText(value);
  return (
    <section class="card">
      <h2 class="with-button">
        Postmortem
        <Copy text={text} label="Copy" />
      </h2>
      <ScrollingText label="Postmortem" class="tall">
        {text}
      </ScrollingText>
    </section>
  );
}
