/** The environment for programs that know nothing of `cray`: what it keeps in its variables, a password perhaps, is no business of theirs. */
export function othersEnv(env: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('CRAY_')))
}
