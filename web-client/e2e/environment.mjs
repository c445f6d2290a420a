// The paths of the programs that the tests run, from `cargo xtask`.

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run these by \`cargo xtask test e2e\``);
  return value;
}

/** The server's binary. */
export const SERVER = required('GUILDHALL_SERVER');
/** The proxy that cuts connections, for `fault_proxy.mjs`. */
export const FAULT_PROXY = required('GUILDHALL_FAULT_PROXY');
/** A Python with the packages of requirements.txt. */
export const PYTHON = required('GUILDHALL_PYTHON');
/** The browser of most tests. */
export const CHROMIUM = required('GUILDHALL_CHROMIUM');

/** How long a wait may take, in milliseconds, for something that is immediate on an
 *  idle machine. */
export const PATIENCE = 30_000;

/** The path of the other browser, which not all tests need. */
export function firefox() {
  return required('GUILDHALL_FIREFOX');
}
