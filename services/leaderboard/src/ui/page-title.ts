import { useEffect } from 'react';

/** Title of the tab. */
export function usePageTitle(title: string | undefined): void {
  useEffect(() => {
    document.title = title === undefined ? 'corescore' : `${title} · corescore`;
  }, [title]);
}
