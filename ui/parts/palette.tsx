import { useState } from "preact/hooks";
import { goTo } from "../lib/router.ts";
import { Dialog } from "./dialog.tsx";
import { ROOMS } from "./rooms.ts";

interface Target {
  name: string;
  go: () => void;
}

/** Where a text may lead: views by their names, a job by its id, and a search for what it says. */
function targetsOf(text: string): Target[] {
  const wanted = text.trim().toLowerCase();
  const rooms = ROOMS.filter(([, name]) => name.toLowerCase().includes(wanted)).map(
    ([path, name]): Target => ({ name, go: () => goTo([path]) }),
  );
  const job = /^job_[0-9a-z]{28}$/.test(wanted) ? [{ name: `Job ${wanted}`, go: () => goTo(["jobs", wanted]) }] : [];
  const search =
    wanted === ""
      ? [{ name: "New job", go: () => goTo(["jobs"], { new: "1" }) }]
      : [{ name: `Jobs that say "${text.trim()}"`, go: () => goTo(["jobs"], { text: text.trim() }) }];
  return [...job, ...rooms, ...search];
}

/** Ctrl-K: go to anything by typing. */
export function Palette({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const targets = targetsOf(text);
  const go = (target: Target | undefined) => {
    onClose();
    target?.go();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    setAt((at + step + targets.length) % targets.length);
  };
  return (
    <Dialog title="Go to" onClose={onClose}>
      <form
        class="palette"
        onSubmit={(event) => {
          event.preventDefault();
          go(targets[at]);
        }}
      >
        <input
          type="search"
          aria-label="Where to"
          placeholder="A view, the id of a job, or words of one"
          value={text}
          onKeyDown={onKeyDown}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setAt(0);
          }}
        />
        <ul>
          {targets.map((target, i) => (
            <li key={target.name}>
              <button type="button" class={`plain ${i === at ? "picked" : ""}`} onClick={() => go(target)}>
                {target.name}
              </button>
            </li>
          ))}
        </ul>
      </form>
    </Dialog>
  );
}
