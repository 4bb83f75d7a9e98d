/** A bug that somebody could make: one piece of source, and what it would be then. */
export interface Mutant {
  file: string;
  from: string;
  to: string;
}
