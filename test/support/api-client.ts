/** What came back: the body parsed when it is JSON. */
export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

export interface Call {
  body?: unknown;
  /** Sent as `Authorization: Bearer`. */
  token?: string;
  /** Sent as `Cookie`. */
  cookie?: string;
  headers?: Record<string, string>;
}

export type ApiClient = (method: string, path: string, call?: Call) => Promise<Answer>;

/** Calls a server's API as a program would. */
export function apiClient(base: string): ApiClient {
  return async (method, path, { body, token, cookie, headers = {} } = {}) => {
    const response = await fetch(base + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(cookie === undefined ? {} : { cookie }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
}
