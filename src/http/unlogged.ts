/**
 * Headers that Node's own logs leave out: with NODE_DEBUG=https it prints the options of each request on stderr, and
 * Authorization with them.
 */
export function unlogged(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.defineProperty({ ...headers }, Symbol.for('nodejs.util.inspect.custom'), { value: () => '(not logged)' })
}
