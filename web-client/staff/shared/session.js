// The token or key that the user has signed in with: in this tab alone, until it signs out.

const KEY = 'guildhall-token';

export class Session {
  #token = null;

  constructor() {
    try {
      this.#token = sessionStorage.getItem(KEY);
    } catch {
      // The browser stores nothing: a reload asks for the token again.
    }
    this.takeFromAddress();
  }

  /** The token, or `null`. */
  get token() {
    return this.#token;
  }

  set token(token) {
    this.#token = token;
    try {
      if (token === null) sessionStorage.removeItem(KEY);
      else sessionStorage.setItem(KEY, token);
    } catch {
      // As above.
    }
  }

  /** Takes a token out of the address, as in `#token=…` and `#token=…&view=/reports/3`, so that
   *  neither the history nor a copied address has it. Returns whether there was one. */
  takeFromAddress() {
    const parts = new URLSearchParams(location.hash.slice(1));
    const token = parts.get('token');
    if (token === null) return false;
    const view = parts.get('view');
    const hash = view?.startsWith('/') ? `#${view}` : '';
    history.replaceState(null, '', location.pathname + location.search + hash);
    if (token.trim()) this.token = token.trim();
    return true;
  }
}

/** Whether two callers of the API are the same one. The number and the name of a user can change. */
export function isSameCaller(one, other) {
  if (!one || !other || one.kind !== other.kind) return false;
  return one.kind !== 'user' || (Boolean(one.user.account) && one.user.account === other.user.account);
}
