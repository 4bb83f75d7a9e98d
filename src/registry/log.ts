/** One line of the operator's log, for programs: `event` says what it tells. */
export type Log = (line: { event: string; [field: string]: string | number | null }) => void;
