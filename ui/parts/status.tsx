const WORDS: Readonly<Record<string, string>> = { input_required: "asks" };

/** A status in its colour, and in words for those who see none. */
export function Status({ of }: { of: string }) {
  return <span class={`status ${of}`}>{WORDS[of] ?? of}</span>;
}

const percent = (share: number): string => `${Math.round(Math.min(Math.max(share, 0), 1) * 100)}%`;

export function Progress({ share, status }: { share: number; status: string }) {
  return (
    <div
      class={`bar ${status}`}
      role="progressbar"
      aria-label="progress"
      aria-valuenow={Math.round(share * 100)}
      aria-valuemin={0}
      aria-valuemax={100}
    >
      <i class={status === "running" ? "pulse" : ""} style={{ width: percent(share) }} />
    </div>
  );
}
