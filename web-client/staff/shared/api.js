// The server's API, as a page calls it: each call returns the content of the answer, or throws a
// `Problem`.

/** How long an answer may take, in milliseconds, unless the page says it. */
const PATIENCE = 20_000;

/** Why a call has failed. */
export class Problem extends Error {
  constructor({ status = 0, code, detail = '', request = '' }) {
    super(`${code}: ${detail}`);
    Object.assign(this, { status, code, detail, request });
  }

  /** Whether it lies in the server or the way to it, and so may pass by itself. */
  get isPassing() {
    return this.status === 0 || ['no_api', 'unavailable', 'internal'].includes(this.code);
  }

  /** The problem in words. */
  words(localizer) {
    const key = `problem-${this.code}`;
    // A sentence of the server can end with a stop, and the words have one.
    const detail = this.detail.replace(/\.$/, '');
    return localizer.text(localizer.has(key) ? key : 'problem-other', {
      detail: detail || this.code, request: this.request, status: this.status,
    });
  }
}

export class Api {
  #session;
  #patience;
  #root = new URL('.', document.baseURI.split('#')[0]).href;

  /** Calls with the token of `session`. What is only read may take `patience`, in milliseconds. */
  constructor(session, patience = PATIENCE) {
    this.#session = session;
    this.#patience = patience;
  }

  get(path, query) {
    return this.#call('GET', path, { query });
  }

  post(path, body = {}, query = {}) {
    return this.#change('POST', path, { body, query });
  }

  put(path, body) {
    return this.#change('PUT', path, { body });
  }

  patch(path, body) {
    return this.#change('PATCH', path, { body });
  }

  delete(path, query) {
    return this.#change('DELETE', path, { query });
  }

  /** The text at a path of the listener that is not one of the API, such as `metrics`. */
  async text(path) {
    const { response, text } = await this.#send('GET', path);
    const { status } = response;
    if (response.ok) return text;
    const { code = 'no_api', detail, request_id: request } = parsed(text) ?? {};
    throw new Problem({ status, code, detail, request });
  }

  /** The checks of `readyz`, also if one has failed. */
  async health() {
    const { response, text } = await this.#send('GET', 'readyz');
    const content = parsed(text);
    if (!content?.checks && !content?.status) throw new Problem({ status: response.status, code: 'no_api' });
    return content;
  }

  /** A request that changes something has a key, so that it can be sent again if its answer is
   *  lost, and is carried out once. */
  async #change(method, path, options) {
    const random = crypto.getRandomValues(new Uint32Array(4));
    const key = [...random].map((it) => it.toString(16).padStart(8, '0')).join('');
    try {
      return await this.#call(method, path, { ...options, key });
    } catch (problem) {
      if (problem.code !== 'offline') throw problem;
      return this.#call(method, path, { ...options, key });
    }
  }

  async #call(method, path, { query = {}, body, key }) {
    const { response, text } = await this.#send(method, `api/v1${path}${queryText(query)}`, body, key);
    const { status } = response;
    if (status === 204) return null;
    const content = parsed(text);
    if (response.ok && content !== undefined) return content;
    if (!content?.code) throw new Problem({ status, code: 'no_api' });
    throw new Problem({ status, code: content.code, detail: content.detail, request: content.request_id });
  }

  async #send(method, path, body, key) {
    const headers = { authorization: `Bearer ${this.#session.token}` };
    if (key) headers['idempotency-key'] = key;
    if (body !== undefined) headers['content-type'] = 'application/json';
    try {
      const response = await fetch(`${this.#root}${path}`, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
        signal: AbortSignal.timeout(method === 'GET' ? this.#patience : PATIENCE),
      });
      return { response, text: await response.text() };
    } catch (error) {
      throw new Problem({ code: error.name === 'TimeoutError' ? 'slow' : 'offline' });
    }
  }
}

/** A part of a path. */
export function part(text) {
  return encodeURIComponent(text);
}

function queryText(query) {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) if (one !== undefined && one !== null && one !== '') parts.append(name, one);
  }
  const text = parts.toString();
  return text && `?${text}`;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
