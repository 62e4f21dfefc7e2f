import { networkError, problemFrom, RequestError } from './errors.js';

export type Fetch = (input: Request) => Promise<Response>;

export interface TransportOptions {
  /** Address of the service, without `/v1`. */
  url: string;
  token?: string | undefined;
  fetch?: Fetch | undefined;
}

/**
 * `fetch` with the token, and with the two ways of failing told apart: throws `RequestError` where the service
 * answered with an error, `NetworkError` where no answer came. An abort by the caller is passed on as it is.
 */
export function createTransport(options: TransportOptions): Fetch {
  const send = options.fetch ?? ((request: Request) => globalThis.fetch(request));
  return async (request) => {
    if (options.token !== undefined) request.headers.set('authorization', `Bearer ${options.token}`);
    let response: Response;
    try {
      response = await send(request);
    } catch (error) {
      if (request.signal.aborted) throw error;
      throw networkError(request.url, error);
    }
    if (response.ok) return response;
    const body = await response.text().catch(() => '');
    throw new RequestError(problemFrom(response.status, response.headers.get('content-type'), body));
  };
}
