import { useState } from "preact/hooks";
import { ApiError, get, remove } from "../../lib/api.ts";
import { jsonText } from "../../lib/format.ts";
import { useAction, useLive } from "../../lib/live.ts";
import { mcpCall } from "../../lib/mcp-call.ts";
import { goTo, hrefOf, place, refine } from "../../lib/router.ts";
import { Act } from "../../parts/act.tsx";
import { Copy } from "../../parts/copy.tsx";
import { Differences } from "../../parts/differences/differences.tsx";
import { Problem } from "../../parts/problem.tsx";
import { ScrollingText } from "../../parts/scrolling.tsx";
import { BlueprintEditor } from "./blueprint-editor.tsx";
import { type Found, RunDialog } from "./run-dialog.tsx";

const pathOf = (name: string): string => `/blueprints/${encodeURIComponent(name)}`;

/** The version, or nothing where it was deleted. */
const loadVersion = (name: string, version: string): Promise<Found | undefined> =>
  get<Found>(pathOf(name), { version }).catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  });

interface VersionsProps {
  latest: number;
  shown: number;
  against: string;
}

function Versions({ latest, shown, against }: VersionsProps) {
  const all = Array.from({ length: latest }, (_, i) => latest - i);
  return (
    <div class="filters">
      <label class="field">
        <span>Version</span>
        <select value={String(shown)} onChange={(event) => refine({ version: event.currentTarget.value })}>
          {all.map((version) => (
            <option key={version} value={version}>
              {version}
              {version === latest && ", the latest"}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>Compared with</span>
        <select value={against} onChange={(event) => refine({ against: event.currentTarget.value })}>
          <option value="">none</option>
          {all
            .filter((version) => version !== shown)
            .map((version) => (
              <option key={version} value={version}>
                {version}
              </option>
            ))}
        </select>
      </label>
    </div>
  );
}

function Against({ found, against }: { found: Found; against: string }) {
  const { value, error } = useLive(
    `${found.name} ${against}`,
    async () => ({ other: await loadVersion(found.name, against) }),
    () => 0,
  );
  if (value === undefined) return <Problem error={error} />;
  if (value.other === undefined) return <p class="empty">Version {against} was deleted.</p>;
  return <Differences before={jsonText(value.other.blueprint)} after={jsonText(found.blueprint)} />;
}

type Open = "run" | "edit";

function BlueprintActions({ found, onOpen }: { found: Found; onOpen: (open: Open) => void }) {
  const { busy, error, run } = useAction();
  const [isSure, setSure] = useState(false);
  const { name } = found;
  const end = () =>
    run(async () => {
      await remove(pathOf(name));
      goTo(["blueprints"]);
    });
  return (
    <div class="actions">
      <Copy text={jsonText(found.blueprint)} label="Copy" />
      <button type="button" onClick={() => onOpen("edit")}>
        Edit
      </button>
      {found.source === "saved" && (
        <Act
          call={mcpCall("blueprints_delete", { name })}
          class="danger"
          disabled={busy}
          onClick={isSure ? end : () => setSure(true)}
        >
          {isSure ? "Delete all versions" : "Delete"}
        </Act>
      )}
      <button type="button" class="primary" onClick={() => onOpen("run")}>
        Run
      </button>
      <Problem error={error} />
    </div>
  );
}

export function BlueprintPage() {
  const { path, query } = place.value;
  const [, name = ""] = path;
  const version = query.get("version") ?? undefined;
  const against = query.get("against") ?? "";
  const [open, setOpen] = useState<Open>();
  const load = async () => {
    const latest = await get<Found>(pathOf(name));
    return { latest, found: version === undefined ? latest : await loadVersion(name, version) };
  };
  const { value, error, reload } = useLive(`blueprint ${name} ${version ?? ""}`, load, () => 0);
  if (value === undefined) return <Problem error={error} />;
  const { latest, found } = value;
  const close = () => setOpen(undefined);
  return (
    <>
      <div class="head">
        <h1>
          {latest.name} <span class="quiet">version {found?.version ?? version}</span>
        </h1>
        {found && <BlueprintActions found={found} onOpen={setOpen} />}
      </div>
      <p class="verdict quiet">{found?.blueprint.description}</p>
      {latest.version > 1 && (
        <Versions latest={latest.version} shown={found?.version ?? Number(version)} against={against} />
      )}
      {found === undefined && <p class="empty">This version was deleted.</p>}
      {found && against !== "" && <Against key={against} found={found} against={against} />}
      {found && (
        <div class="card">
          <ScrollingText label="Its document" class="tall">
            {jsonText(found.blueprint)}
          </ScrollingText>
        </div>
      )}
      <p>
        <a href={hrefOf(["jobs"], { blueprint: name })}>Its jobs</a>
      </p>
      {found && open === "run" && <RunDialog found={found} onClose={close} />}
      {found && open === "edit" && <BlueprintEditor document={found.blueprint} onClose={close} onDone={reload} />}
    </>
  );
}
