import { useState } from "preact/hooks";
import { get } from "../lib/api.ts";
import { jsonText } from "../lib/format.ts";
import { useLive } from "../lib/live.ts";
import { hrefOf, place } from "../lib/router.ts";
import { Copy } from "../parts/copy.tsx";
import { Problem } from "../parts/problem.tsx";
import { SubmitDialog } from "./submit.tsx";

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
    <a class="row" href={hrefOf(["blueprints", name])}>
      <span class="mono">
        {name}@{version}
      </span>
      <span class="under">{description}</span>
      <span class="optional" />
      <span class="number optional">{source}</span>
    </a>
  );
}

export function Blueprints() {
  const { value, error } = useLive("blueprints", loadAll, () => 0);
  return (
    <>
      <div class="head">
        <h1>Blueprints</h1>
      </div>
      <Problem error={error} />
      <div class="card rows">
        {value?.map((each) => (
          <BlueprintLine key={each.name} {...each} />
        ))}
      </div>
    </>
  );
}

interface Found {
  name: string;
  version: number;
  blueprint: { description?: string; input?: { properties?: Record<string, { default?: unknown }> } };
}

/** What a run form begins with: each property that has one with its default, the others as null. */
const firstInput = ({ blueprint }: Found): string =>
  jsonText(
    Object.fromEntries(
      Object.entries(blueprint.input?.properties ?? {}).map(([name, schema]) => [name, schema.default ?? null]),
    ),
  );

export function BlueprintPage() {
  const [, name = ""] = place.value.path;
  const [isRunning, setRunning] = useState(false);
  const load = () => get<Found>(`/blueprints/${encodeURIComponent(name)}`);
  const { value, error } = useLive(`blueprint ${name}`, load, () => 0);
  if (value === undefined) return <Problem error={error} />;
  return (
    <>
      <div class="head">
        <h1>
          {value.name} <span class="quiet">version {value.version}</span>
        </h1>
        <div class="actions">
          <Copy text={jsonText(value.blueprint)} label="Copy" />
          <button type="button" class="primary" onClick={() => setRunning(true)}>
            Run
          </button>
        </div>
      </div>
      <p class="verdict quiet">{value.blueprint.description}</p>
      <div class="card">
        <pre>{jsonText(value.blueprint)}</pre>
      </div>
      {isRunning && <SubmitDialog blueprint={value.name} input={firstInput(value)} onClose={() => setRunning(false)} />}
    </>
  );
}
