import type { ComponentType } from "preact";
import { createElement } from "preact";
import { useEffect, useState } from "preact/hooks";

/** A part of the page whose code is loaded when it is first seen. */
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let loaded: ComponentType<P> | undefined;
  return (props: P) => {
    const [, setTurn] = useState(0);
    useEffect(() => {
      if (loaded !== undefined) return;
      let isGone = false;
      void load().then((component) => {
        loaded = component;
        if (!isGone) setTurn((turn) => turn + 1);
      });
      return () => {
        isGone = true;
      };
    }, []);
    return loaded === undefined ? null : createElement(loaded, props);
  };
}
