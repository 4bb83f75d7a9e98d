import { useState } from "preact/hooks";
import { get } from "../../lib/api.ts";
import { useLive } from "../../lib/live.ts";
import { hrefOf } from "../../lib/router.ts";
import { Problem } from "../../parts/problem.tsx";
import { BlueprintEditor } from "./blueprint-editor.tsx";

interface Listing {
  name: string;
  version: number;
  description: string;
  source: "catalog" | "saved";
}

async function loadAll(): Promise<Listing[]> {
  const all: Listing[] = [];
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const page: { blueprints: Listing[]; next_cursor: string | null } = await get("/blueprints", {
      limit: 100,
      cursor,
    });
    all.push(...page.blueprints);
    cursor = page.next_cursor;
  }
  return all;
}

function BlueprintLine({ name, version, description, source }: Listing) {
  return (
    <a class="row blueprint" href={hrefOf(["blueprints", name])}>
      <span class="name">
        {name}
        <span class="under">{description}</span>
      </span>
      <span class="number">version {version}</span>
      <span class="number optional">{source}</span>
    </a>
  );
}

const FIRST = {
  name: "my-blueprint",
  input: { type: "object", properties: { url: { type: "string" } }, required: ["url"] },
  steps: [{ id: "page", type: "http", url: "{% $input.url %}" }],
  output: { status: "{% $steps.page.status %}" },
};

export function Blueprints() {
  const [isNew, setNew] = useState(false);
  const { value, error, reload } = useLive("blueprints", loadAll, () => 0);
  return (
    <>
      <div class="head">
        <h1>Blueprints</h1>
        <div class="actions">
          <button type="button" class="primary" onClick={() => setNew(true)}>
            New blueprint
          </button>
        </div>
      </div>
      <Problem error={error} />
      <div class="card rows">
        {value?.map((each) => (
          <BlueprintLine key={each.name} {...each} />
        ))}
      </div>
      {isNew && <BlueprintEditor document={FIRST} onClose={() => setNew(false)} onDone={reload} />}
    </>
  );
}
