import { type ReactNode, useEffect, useRef, useState } from 'react';

/** What all charts share: type of the page, colours of the theme, room for labels. */
export const CHART_STYLE = {
  fontFamily: 'inherit',
  fontSize: '12px',
  background: 'none',
  color: 'inherit',
  overflow: 'visible',
} as const;

/** Colours come from the style sheet, so that a chart follows the theme without being drawn again. */
export const BAND_COLOUR = { control: 'var(--control)', challenge: 'var(--challenge)' } as const;

interface ChartProps {
  /** What a reader who cannot see the chart is told. */
  label: string;
  /** Draws for a width in px; keep it stable (useCallback), it is drawn again when it changes. */
  draw: (width: number) => Element;
}

/** A drawing that follows the width of its place. */
export function Chart({ label, draw }: ChartProps): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);

  useEffect(() => {
    const element = place.current!;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    if (width === 0) return;
    const drawing = draw(width);
    // The place carries the name; what the library writes on single marks would only be noise beside it.
    drawing.setAttribute('aria-hidden', 'true');
    place.current!.replaceChildren(drawing);
    return () => drawing.remove();
  }, [draw, width]);

  return <div className="chart" ref={place} role="img" aria-label={label} />;
}

/** Names of the two bands with their mark, above a chart. */
export function BandKey(): ReactNode {
  return (
    <p className="band-key">
      <span className="key key-control">Control</span> <span className="key key-challenge">Challenge</span>
    </p>
  );
}
