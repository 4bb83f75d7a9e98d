import { useRef, useState } from "preact/hooks";
import type { JobRow } from "../../../src/jobs/view.ts";

export interface Steady {
  jobs: readonly JobRow[];
  /** New ones that would have moved the others. */
  waiting: number;
  show: () => void;
}

/** Whether somebody reads the rows, so that none may move under the eye or the pointer. */
const isRead = (): boolean => scrollY > 0 || document.querySelector(".list:hover, .list :focus") !== null;

/**
 * Rows that do not jump: what is new at the top waits while the list is read, and what is shown changes in its place.
 * @param key of the list: another one begins anew
 */
export function useSteady(key: string, fresh: readonly JobRow[]): Steady {
  const [, setTurn] = useState(0);
  const first = useRef<{ key: string; id: string | undefined }>({ key, id: undefined });
  if (first.current.key !== key || first.current.id === undefined || !isRead()) {
    first.current = { key, id: fresh[0]?.id };
  }
  const { id } = first.current;
  // Ids are in the order of their times.
  const jobs = id === undefined ? fresh : fresh.filter((job) => job.id.slice(4, 14) <= id.slice(4, 14));
  const show = () => {
    first.current = { key, id: fresh[0]?.id };
    setTurn((turn) => turn + 1);
  };
  return { jobs, waiting: fresh.length - jobs.length, show };
}
