// The line with which a test script says that it has come to its end, and how
// many of its checks passed and failed. It is printed by scripts/check.gd.

/** The whole line: a piece of it could end within a number. */
export const LAST_LINE = /^TEST-END passed=(\d+) failed=(\d+)\n/m;
