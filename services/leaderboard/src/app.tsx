import { lazy, type ReactNode, Suspense, useEffect, useRef } from 'react';
import { Link, Route, Switch, useLocation } from 'wouter';
import { BoardPage } from './board/board-page.js';
import { RunPage } from './run/run-page.js';
import { Loading } from './ui/notice.js';
import { usePageTitle } from './ui/page-title.js';

// The charts weigh more than all the rest: the board must not wait for them.
const ModelPage = lazy(() => import('./model/model-page.js'));

function NotFound(): ReactNode {
  usePageTitle('No such page');
  return (
    <>
      <h1>No such page</h1>
      <p>
        There is nothing at this address. <Link href="/">Go to the leaderboard</Link>.
      </p>
    </>
  );
}

/** After a change of view the reader, and the screen reader, start at its top. */
function useStartAtTop(path: string) {
  const main = useRef<HTMLElement>(null);
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [path]);
  return main;
}

export function App(): ReactNode {
  const [path] = useLocation();
  const main = useStartAtTop(path);
  return (
    <>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <header className="site-header">
        <Link href="/" className="wordmark">
          <img src="/favicon.svg" alt="" width="24" height="24" />
          corescore
        </Link>
        <nav aria-label="Site">
          <Link href="/" aria-current={path === '/' ? 'page' : undefined}>
            Leaderboard
          </Link>
          <a href="/docs">API</a>
        </nav>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        <Suspense fallback={<Loading what="the page" />}>
          <Switch>
            <Route path="/" component={BoardPage} />
            <Route path="/runs/:id">{({ id }) => <RunPage key={id} id={id} />}</Route>
            <Route path="/models/:owner/:name">
              {({ owner, name }) => <ModelPage key={`${owner}/${name}`} owner={owner} name={name} />}
            </Route>
            <Route component={NotFound} />
          </Switch>
        </Suspense>
      </main>
      <footer className="site-footer">
        <p>corescore {__VERSION__}</p>
        <p>
          <a href="/docs">REST documentation</a> · <a href="/openapi.json">OpenAPI</a> ·{' '}
          <a href="/v1/benchmarks">Benchmarks as JSON</a>
        </p>
      </footer>
    </>
  );
}
