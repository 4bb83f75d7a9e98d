/** `1 job`, `2 jobs`. */
export const plural = (count: number | bigint, noun: string): string =>
  `${count} ${noun}${Number(count) === 1 ? "" : "s"}`;
