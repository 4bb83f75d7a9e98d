import { diffLines } from "diff";
import { ScrollingText } from "../scrolling.tsx";

export interface LinesProps {
  before: string;
  after: string;
}

interface Line {
  sign: "+" | "-" | " ";
  text: string;
}

const signOf = ({ added, removed }: { added: boolean; removed: boolean }): Line["sign"] =>
  added ? "+" : removed ? "-" : " ";

const CLASSES = { "+": "added", "-": "removed", " ": "" } as const;

function linesOf({ before, after }: LinesProps): Line[] {
  return diffLines(before, after).flatMap((part) =>
    part.value
      .replace(/\n$/, "")
      .split("\n")
      .map((text): Line => ({ sign: signOf(part), text })),
  );
}

export function DifferenceLines(props: LinesProps) {
  const lines = linesOf(props);
  if (lines.every(({ sign }) => sign === " ")) return <p class="empty">They are the same.</p>;
  return (
    <div class="card">
      <ScrollingText label="Differences" class="differences tall">
        {lines.map(({ sign, text }, i) => (
          <span key={i} class={CLASSES[sign]}>
            {sign} {text}
            {"\n"}
          </span>
        ))}
      </ScrollingText>
    </div>
  );
}
