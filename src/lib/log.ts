/** One line of the operator's log, for programs: `event` says what it tells. No secret, and nothing of what jobs work on. */
export type Log = (line: { event: string; [field: string]: string | number | null | undefined }) => void;

export const log: Log = (line) => console.log(JSON.stringify(line));
