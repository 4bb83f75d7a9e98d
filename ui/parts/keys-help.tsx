import { SHORTCUTS } from "../lib/shortcuts.ts";
import { Dialog } from "./dialog.tsx";

export function KeysHelp({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl class="facts keys">
        {SHORTCUTS.map(({ keys, does }) => [
          <dt key={keys}>
            {keys.split(/\s+/).map((key) => (
              <kbd key={key}>{key}</kbd>
            ))}
          </dt>,
          <dd key={does}>{does}</dd>,
        ])}
      </dl>
    </Dialog>
  );
}
