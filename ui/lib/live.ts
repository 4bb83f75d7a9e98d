import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "./api.ts";

export interface Loaded<T> {
  value: T | undefined;
  error: ApiError | undefined;
  /** Loads again, now. */
  reload: () => void;
}

const asError = (error: unknown): ApiError =>
  error instanceof ApiError ? error : new ApiError(0, "network", "The server does not answer.");

/**
 * What `load` answers, loaded again and again while the page is seen. What was there stays until the next answer.
 * @param key of what is loaded: another one begins anew
 * @param everyMs between two loads; 0: once
 */
export function useLive<T>(key: string, load: () => Promise<T>, everyMs: (value: T) => number): Loaded<T> {
  const [state, setState] = useState<{ key: string; value?: T; error?: ApiError }>({ key });
  const [turn, setTurn] = useState(0);
  const latest = useRef({ load, everyMs });
  latest.current = { load, everyMs };
  useEffect(() => {
    let timer: number | undefined;
    let isOver = false;
    const again = (ms: number) => {
      if (ms > 0 && !isOver) timer = window.setTimeout(look, document.hidden ? Math.max(ms, HIDDEN_MS) : ms);
    };
    const look = async () => {
      try {
        const value = await latest.current.load();
        if (isOver) return;
        setState({ key, value });
        again(latest.current.everyMs(value));
      } catch (error) {
        if (isOver) return;
        setState((before) => ({ ...(before.key === key ? before : { key }), error: asError(error) }));
        again(AFTER_ERROR_MS);
      }
    };
    void look();
    return () => {
      isOver = true;
      window.clearTimeout(timer);
    };
  }, [key, turn]);
  const fresh = state.key === key ? state : { key };
  return { value: fresh.value, error: fresh.error, reload: () => setTurn((n) => n + 1) };
}

const HIDDEN_MS = 15_000;
const AFTER_ERROR_MS = 3_000;

/** Runs what a button does: tells its error, and that it is under way. */
export function useAction(): { busy: boolean; error: ApiError | undefined; run: (act: () => Promise<void>) => void } {
  const [state, setState] = useState<{ busy: boolean; error: ApiError | undefined }>({ busy: false, error: undefined });
  const run = (act: () => Promise<void>) => {
    setState({ busy: true, error: undefined });
    act().then(
      () => setState({ busy: false, error: undefined }),
      (error) => setState({ busy: false, error: asError(error) }),
    );
  };
  return { ...state, run };
}

/** The present, told again each second while something goes on. */
export function useNow(isTicking: boolean): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!isTicking) return;
    const timer = window.setInterval(() => setNow(Date.now()), 1_000);
    return () => window.clearInterval(timer);
  }, [isTicking]);
  return now;
}
